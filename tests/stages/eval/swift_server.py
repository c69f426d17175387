"""ms-swift's own server, as ``swift deploy`` starts it, for a tiny model; run as a script."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from vtb.engine.no_remote_code import forbid_remote_code
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision
    from vtb_train_vlm.engine import read_media_ids_from_tokenizer

    allow_cpu_torchvision()
    forbid_remote_code()
    from swift.pipelines import deploy_main

    read_media_ids_from_tokenizer()  # the template knows those of the released models only
    deploy_main(sys.argv[1:])
