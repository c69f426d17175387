#!/bin/sh
# Makes a small Debian image that stands in for the CUDA base where no image registry can be reached:
#
#   sudo images/base/make_local_base.sh [IMAGE]          (default vtb/local-base)
#   python images/build.py --base-image vtb/local-base
#
# It needs root, debootstrap, a running Docker engine and a Debian package mirror: $MIRROR, else the one this machine's
# apt uses, else debootstrap's own. An image that is already there is kept; FORCE=1 makes it anew.
set -eu

image=${1:-vtb/local-base}
suite=bookworm
packages=ca-certificates,python3,python3-venv,tini

fail() { echo "make_local_base.sh: $1" >&2; exit 4; }

command -v docker >/dev/null || fail "docker is not installed; install a Docker engine first"
docker version >/dev/null 2>&1 || fail "the Docker engine does not answer; start it, or ask for access to its socket"
if [ -z "${FORCE:-}" ] && docker image inspect "$image" >/dev/null 2>&1; then
    echo "$image is already there (FORCE=1 makes it anew)"
    exit 0
fi
[ "$(id -u)" = 0 ] || fail "debootstrap needs root; run this with sudo"
command -v debootstrap >/dev/null || fail "debootstrap is not installed; run: apt-get install debootstrap"

# shellcheck disable=SC2016 # $(REPO_URI) is apt's placeholder, not a command
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" \
    'Component: main' 2>/dev/null | head -n 1)}

work=$(mktemp -d)
trap 'umount "$work" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# In memory where the machine allows a mount: dpkg waits for the disk after every file, and nothing of this is kept.
mount -t tmpfs -o size=1g,mode=755 vtb-local-base "$work" 2>/dev/null || true
root=$work/root

# Before the first package is unpacked, so that manuals and translations never land on the disk.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/vtb-slim" <<'CONF'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
CONF

echo "debootstrap $suite with $packages ..."
debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 ||
    { tail -n 5 "$work/log" >&2; fail "debootstrap failed; its last lines are above (is the package mirror reachable?)"; }

# The time of the package index: newer files (made just now) get it, so that the same packages give the same layer.
# Older ones keep theirs, or Python would take its compiled library for stale and compile it at every start.
epoch=${SOURCE_DATE_EPOCH:-$(date -d "$(sed -n 's/^Date: //p' "$root"/var/lib/apt/lists/*Release | head -n 1)" +%s)}

# What the image never reads again, or what differs from run to run.
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/var/cache/ldconfig/* \
    "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/etc/hostname "$root"/etc/resolv.conf \
    "$root"/usr/share/info/* "$root"/usr/share/locale/* "$root"/usr/share/man/*

tar --sort=name --numeric-owner --clamp-mtime --mtime="@$epoch" -C "$root" -c . |
    docker import --change 'CMD ["/bin/sh"]' - "$image" >/dev/null
echo "$image: $(docker image inspect --format '{{.Size}}' "$image" | awk '{printf "%.0f MB", $1 / 1e6}')"
