# Completion of morag for fish: put this file into ~/.config/fish/completions/morag.fish
function __morag_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct | string collect --allow-empty)
    for line in ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c morag -f -a '(__morag_complete)'
