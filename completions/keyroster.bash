# bash completion for keyroster(1); works with and without the bash-completion package.

_keyroster_words()
{
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_keyroster_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_keyroster_folders()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$1")
}

# Several words with commas between: what stands before the last comma is kept.
_keyroster_list()
{
    local words=$1 current=$2 kept=

    if [[ $current == *,* ]]; then
        kept=${current%,*},
    fi
    compopt -o nospace 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -P "$kept" -W "$words" -- "${current##*,}")
}

# Completes the value of an option; false when the option has none.
_keyroster_value()
{
    local verb=$1 option=$2 current=$3

    case $option in
    -f | --format)
        if [[ $verb == cert ]]; then
            _keyroster_words 'text jsonl' "$current"
        elif [[ $verb == diff ]]; then
            _keyroster_words 'table csv jsonl' "$current"
        elif [[ $verb == kms && ${COMP_WORDS[2]} != users ]]; then
            _keyroster_words 'table jsonl' "$current"
        else
            _keyroster_words 'table csv json jsonl html prometheus' "$current"
        fi
        ;;
    --only)
        [[ $verb == diff ]] && _keyroster_list 'appeared left revoked enrolled lapsed renewed
            changed' "$current" && return
        _keyroster_list 'active expiring signing-only not-yet-valid expired revoked untrusted
            mismatched foreign unreadable none unknown' "$current"
        ;;
    --remove)
        [[ $verb == kms ]] && return
        _keyroster_list 'expired superseded unreadable foreign revoked' "$current"
        ;;
    --older-than) _keyroster_words '30d 90d 365d' "$current" ;;
    --from) _keyroster_words 'csv ldif' "$current" ;;
    --objects)
        if [[ $verb == export ]]; then
            _keyroster_words 'mailbox remote dl recipients all' "$current"
        else
            _keyroster_words 'mailbox all' "$current"
        fi
        ;;
    --color) _keyroster_words 'auto always never' "$current" ;;
    --encoding) _keyroster_words 'UTF-8 UTF-16 UTF-16LE UTF-16BE cp1252' "$current" ;;
    --delimiter | --multi-value-separator | --quote) COMPREPLY=() ;;
    -Y) _keyroster_words 'EXTERNAL GSSAPI' "$current" ;;
    -D | --page-size | --timeout) COMPREPLY=() ;;
    --key) _keyroster_words 'p256 p384 rsa3072 rsa4096' "$current" ;;
    --recovery-key) _keyroster_words 'p256 p384' "$current" ;;
    --policy) _keyroster_list 'enrol=1 revoke=1 renew=1 move=1 admins=1 policy=1' "$current" ;;
    --org | --admins | --agents | --quorum | --crl-url | --add) COMPREPLY=() ;;
    --why | --valid-for | --agent | --serial) COMPREPLY=() ;;
    --share-dir | --request-dir | --p12-dir | --each) _keyroster_folders "$current" ;;
    --passphrase | --csr | --head | --share | --p12) _keyroster_files "$current" ;;
    --expires-within) _keyroster_words '30d 60d 90d' "$current" ;;
    --at | --site | --container | --part | --threads | --watch) COMPREPLY=() ;;
    --follow-urls) _keyroster_folders "$current" ;;
    -o | --output | --undo | --since | --join | --header | --options | --issuer | --trust | --crl | -y | --ca) _keyroster_files "$current" ;;
    *) return 1 ;;
    esac
}

# The verbs of kms have their options each, and these.
_keyroster_kms()
{
    local current=$1 options common='--passphrase -f --format -h --help'

    case $2 in
    init)
        options='--org --admins --agents --quorum --key --recovery-key --crl-url --policy --csr
            --share-dir --install'
        ;;
    ca) options='-o --output' ;;
    enrol)
        options='--user-key --valid-for --again --issue --p12-dir --legacy-p12 --name --also
            --instead-of --threads --from --from-format --encoding --delimiter --quote
            --multi-value-separator -D -y -W -Y -Z --ca --page-size --timeout --follow-referrals
            -v --verbose'
        ;;
    complete) options='--token-file --token --csr --p12 --legacy-p12' ;;
    renew)
        options='--p12 --days-left --p12-dir --user-key --valid-for --csr --legacy-p12 --threads'
        ;;
    revoke)
        options='--serial --reason --hold --release --from --from-format --encoding --delimiter --quote
            --multi-value-separator -D -y -W -Y -Z --ca --page-size --timeout --follow-referrals
            -v --verbose'
        ;;
    crl) options='-o --output --part' ;;
    admins) options='--add --remove --policy' ;;
    passphrase) options='' ;;
    users)
        options='-o --output --summary --only --expires-within --shared-keys --color --no-progress
            --at --join --disagreeing --container --site --objects --from --encoding --delimiter
            --quote --multi-value-separator --follow-urls --threads --no-sandbox -D -y -W -Y -Z
            --ca --page-size --timeout --follow-referrals --allow-incomplete -v --verbose'
        ;;
    recover) options='--why --valid-for -o --output --request-dir' ;;
    approve) options='--agent --share --yes' ;;
    collect) options='--p12 --p12-dir --each --legacy-p12' ;;
    envelope) options='--serial -o --output' ;;
    rebuild-key) options='--agent --share -o --output --yes' ;;
    reshare) options='--agents --quorum --agent --share --share-dir' ;;
    audit) options='--verify --head -o --output' ;;
    check) options='-o --output' ;;
    backup) options='-o --output' ;;
    restore) options='' ;;
    *) return ;;
    esac
    if [[ $current == -* ]]; then
        _keyroster_words "$options $common" "$current"
    else
        _keyroster_files "$current"
    fi
}

_keyroster()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]} options

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _keyroster_words 'users diff tidy export cert kms --help --version' "$current"
        return
    fi
    # Bash takes an option, its equals sign and its value apart into three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if _keyroster_value "$verb" "$previous" "$current"; then
        return
    fi
    if [[ $verb == kms ]]; then
        if ((COMP_CWORD == 2)); then
            _keyroster_words 'init ca enrol complete renew revoke crl admins passphrase
                recover approve collect envelope rebuild-key reshare users audit check backup restore help --help' \
                "$current"
        else
            _keyroster_kms "$current" "${COMP_WORDS[2]}"
        fi
        return
    fi
    case $verb in
    users)
        options='-f --format -o --output --at --issuer --trust --crl --site --only --container
            --expires-within --objects --from --encoding --delimiter --quote
            --multi-value-separator --follow-urls --part --threads --no-progress --summary
            --merge --since --watch --shared-keys --no-sandbox --color -D -y -W -Y -Z --ca --page-size --timeout
            --follow-referrals --allow-incomplete -v --verbose -h --help'
        ;;
    diff)
        options='-f --format -o --output --only --at --issuer --trust --crl --site --objects --from
            --encoding --delimiter --quote --multi-value-separator --follow-urls --threads
            --no-progress --no-sandbox --color -D -y -W -Y -Z --ca --page-size --timeout
            --follow-referrals --allow-incomplete -v --verbose -h --help'
        ;;
    tidy)
        options='--remove --older-than --container --even-last --whole-attribute -o --output --undo
            --apply --yes -n --dry-run --no-progress --at --issuer --trust --crl --from --encoding
            --delimiter --quote --multi-value-separator --follow-urls --threads --no-sandbox
            -D -y -W -Y -Z --ca --page-size --timeout --follow-referrals --allow-incomplete
            -v --verbose -h --help'
        ;;
    export)
        options='--header -o --output --objects --container --subcontainers --hidden --raw
            --options --no-progress --from --encoding --delimiter --quote
            --multi-value-separator --follow-urls --threads --no-sandbox
            -D -y -W -Y -Z --ca --page-size --timeout --follow-referrals --allow-incomplete
            -v --verbose -h --help'
        ;;
    cert) options='-f --format -o --output --no-sandbox -h --help' ;;
    *) return ;;
    esac
    if [[ $current == -* ]]; then
        _keyroster_words "$options" "$current"
    else
        _keyroster_files "$current"
    fi
}

complete -F _keyroster keyroster
