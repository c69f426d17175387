"""Kubernetes and Argo: what a step becomes on a cluster, and who follows it there.

``site`` says what belongs to the place, ``site_file`` reads it; ``names``, ``pod``, ``job``, ``gang`` and ``argo`` make
plain objects of steps and know no cluster; ``api``, ``mirror``, ``logs``, ``preflight`` and ``launcher`` talk to one.
"""
