#!/usr/bin/env bash
# What scripts/setup and scripts/install have in common: how they speak, which interpreter hubd runs on, which Debian
# packages it needs, how they are installed, how pip is called. To be sourced.
#
# shellcheck disable=SC2034 # whoever sources it uses the variables

readonly policy=/usr/sbin/policy-rc.d

# PyAudio and systemd-python have no wheels for Linux, pocketsphinx has none for Python 3.12: they are built.
readonly building=(gcc libc6-dev libportaudio2 libsystemd-dev pkgconf portaudio19-dev)
readonly build_tools=(setuptools wheel "Cython; python_version == '3.12'" "scikit-build-core; python_version == '3.12'")
readonly running=(espeak-ng)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# Runs a command in silence; shows the end of what it printed if it fails.
quietly() {
    local output
    output=$("$@" 2>&1 </dev/null) && return
    printf '%s\n' "$output" | tail -n 30 >&2
    return 1
}

# --- the interpreter -------------------------------------------------------------

# Prints "3.11 3.11.2 /usr" (series, version, prefix) for a fitting interpreter, fails for another.
describe_python() {
    "$1" -c '
import sys
series, fits = sys.version_info[:2], sys.implementation.name == "cpython" and sys.maxsize > 2**32
print("%d.%d" % series, sys.version.split()[0], sys.base_prefix)
sys.exit(not (fits and (3, 11) <= series <= (3, 13)))' 2>/dev/null </dev/null
}

# Sets python and python_is to the first of the candidates that fits, or leaves them empty. HUBD_PYTHON stands for all.
find_python() {
    local candidate candidates=("$@")
    if [[ -n ${HUBD_PYTHON:-} ]]; then candidates=("$HUBD_PYTHON"); fi
    python='' python_is=''
    for candidate in "${candidates[@]}"; do
        if python_is=$(describe_python "$candidate"); then
            python=$candidate
            return
        fi
    done
    python_is=''
    if [[ -n ${HUBD_PYTHON:-} ]]; then die "HUBD_PYTHON=$HUBD_PYTHON is not a 64-bit CPython 3.11, 3.12 or 3.13"; fi
}

# Prints the Debian packages that the interpreter needs: none if it is not Debian's own.
python_packages() {
    local series prefix
    read -r series _ prefix <<<"$python_is"
    if [[ -z $python ]]; then
        printf '%s\n' python3 python3-dev python3-venv
    elif [[ $prefix == /usr ]]; then
        printf '%s\n' "python$series-dev" "python$series-venv"
    fi
    if [[ $series == 3.12 ]]; then printf '%s\n' cmake make; fi # to build pocketsphinx
}

# --- Debian packages -------------------------------------------------------------

# Prints those of the packages that are not installed.
missing_of() {
    printf '%s\n' "$@" | sort -u |
        comm -23 - <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif [[ -t 0 ]]; then
        sudo "$@"
    else
        sudo -n "$@" # without a terminal nobody can type a password
    fi
}

# Takes another program's lock on the package lists for what it is: something that ends by itself.
update_lists() {
    local output try
    for ((try = 0; try < 20; try++)); do
        output=$(as_root apt-get -q update 2>&1 </dev/null) && return
        [[ $output == *'Could not get lock'* ]] || break
        sleep 15
    done
    printf '%s\n' "$output" | tail -n 10 >&2
    say "the package lists could not be brought up to date; going on with those that are there"
}

# Debian starts a service as soon as it is installed. The demo and the tests start brokers of their own, so mosquitto's
# system service, which would take port 1883, stays off. The rule is void once this process has ended, even if the
# file was left behind by a power cut.
hold_mosquitto() {
    [[ ! -e $policy ]] || return 0 # a container's or the owner's own rules
    trap release_mosquitto EXIT
    as_root tee "$policy" >/dev/null <<EOF_POLICY
#!/bin/sh
# Placed by hubd's scripts/setup while it installs mosquitto without starting it; may be deleted.
case \$1 in mosquitto | mosquitto.service) [ ! -d /proc/$$ ] || exit 101 ;; esac
exit 0
EOF_POLICY
    as_root chmod 755 "$policy"
}

release_mosquitto() {
    as_root rm -f "$policy"
    trap - EXIT
}

install_packages() {
    local packages=("$@") with_mosquitto=0
    if ! command -v apt-get >/dev/null; then
        say "this is not Debian; going on as if the equivalents of these packages were installed: ${packages[*]}"
        return
    fi
    if ((EUID != 0)) && ! as_root true; then
        die "root is needed once: run  sudo apt-get install ${packages[*]}  and start again"
    fi
    update_lists
    if [[ " ${packages[*]} " == *' mosquitto '* ]]; then
        with_mosquitto=1
        hold_mosquitto
    fi
    # --no-remove: never at the cost of something that is installed.
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove --no-install-recommends \
        -o DPkg::Lock::Timeout=300 install "${packages[@]}" ||
        die "apt-get could not install the packages; its last words are above"
    if ((with_mosquitto)) && command -v systemctl >/dev/null; then
        quietly as_root systemctl disable mosquitto.service || true # it stays stopped all the same
        release_mosquitto
        say "mosquitto's system service is left switched off; 'systemctl enable --now mosquitto' switches it on"
    fi
}

# --- Python packages --------------------------------------------------------------

# pip_install VENV CONSTRAINTS ARGUMENTS...
# VENV is an absolute path: what is built finds its tools there.
pip_install() {
    local venv=$1 constraints=$2
    shift 2
    quietly env PATH="$venv/bin:$PATH" PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0 \
        PIP_ROOT_USER_ACTION=ignore "$venv/bin/python" -m pip install --quiet --progress-bar off --constraint "$constraints" "$@" ||
        die "pip could not install the Python packages; its last words are above"
}
