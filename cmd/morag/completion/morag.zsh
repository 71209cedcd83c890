#compdef morag
# Completion of morag for zsh: put this file as _morag into a folder of $fpath, such as
# ~/.zfunc, or source it after compinit.
_morag() {
    local line files
    local -a values
    while IFS= read -r line; do
        if [[ $line == ":files" ]]; then
            files=1
        else
            values+=("${${line%%$'\t'*}//:/\\:}${line#${line%%$'\t'*}}")
            values[-1]="${values[-1]/$'\t'/:}"
        fi
    done < <("${words[1]}" __complete "${(@)words[2,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null)
    (( $#values )) && _describe morag values
    [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _morag ]]; then
    _morag "$@"
else
    compdef _morag morag
fi
