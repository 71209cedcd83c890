# Completion of morag for bash: source this file, or put it into
# ~/.local/share/bash-completion/completions/morag
_morag() {
    local line word="${COMP_WORDS[COMP_CWORD]}"
    [ "$word" = "=" ] && word=""
    COMPREPLY=()
    while IFS= read -r line; do
        if [ "$line" = ":files" ]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2>/dev/null)
}
complete -F _morag morag
