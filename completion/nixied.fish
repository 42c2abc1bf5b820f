# fish completion for nixied(8), nixie-admin(8) and nixie-sendmail(8)
#
# Options and commands are those of --help, asked of the program itself; names of the directory are
# asked of nixie-admin, where whoever types may read it.

# Options of --help with what it says of them.
function __nixied_options
    $argv --help </dev/null 2>/dev/null | awk '/^  -/ {
        line = substr($0, 3)
        gap = match(line, /  /)
        names = gap ? substr(line, 1, gap - 1) : line
        said = gap ? substr(line, gap) : ""
        sub(/^ +/, "", said)
        count = split(names, each, /, */)
        for (i = 1; i <= count; i++) {
            split(each[i], word, /[ [=]/)
            print word[1] "\t" said
        }
    }'
end

function __nixied_listed
    $argv[1] --help </dev/null 2>/dev/null | awk "/$argv[2]/"'{ name = $1; $1 = ""; print name "\t" substr($0, 2) }'
end

function __nixied_names
    nixie-admin $argv[1] list </dev/null 2>/dev/null | awk 'NR > 1 && !/^"/ { print $1 }'
end

# The words so far that are no options, and no values of those that take one.
function __nixied_plain
    set -l skip 0
    for word in (commandline -opc)
        if test $skip = 1
            set skip 0
        else if contains -- $word -c --config --directory -o --password-file --from --domain --postmaster
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

function __nixied_admin
    set -l plain $argv
    switch (count $plain)":$plain[1]"
        case '0:*'
            __nixied_listed nixie-admin '^  [a-z][a-z-]* [A-Z]+'
            printf '%s\n' show check export import
        case 1:import
            printf '%s\n' nixie csv aliases virtual mailboxes hmailserver
        case 1:show
            __nixied_names account
            __nixied_names alias
            __nixied_names list
        case 1:check 1:export 2:import
        case '1:*'
            printf '%s\n' add set remove enable disable show list password
        case '2:*'
            test $plain[2] = add; or __nixied_names $plain[1]
        case 3:alias 3:member 3:identity
            __nixied_names account
    end
end

function __nixied_words
    set -l plain (__nixied_plain)
    set -l program (path basename $plain[1])
    set -l typed (commandline -ct)
    if test $program = nixie-admin
        string match -q -- '-*' $typed; and __nixied_options nixie-admin; or __nixied_admin $plain[2..]
    else if test $program = nixie-sendmail
        string match -q -- '-*' $typed; and __nixied_options nixie-sendmail; or __nixied_names account
    else if test (count $plain) = 1
        __nixied_listed nixied '^  [a-z][a-z-]* '
    else if test $plain[2] = admin
        string match -q -- '-*' $typed; and __nixied_options nixie-admin; or __nixied_admin $plain[3..]
    else if string match -q -- '-*' $typed
        __nixied_options nixied $plain[2]
    else if test (count $plain) = 2
        switch $plain[2]
            case queue
                printf '%s\n' list count show hold release retry bounce remove
            case bans
                printf '%s\n' list lift
            case greylist
                printf '%s\n' list clear
            case rejects
                printf '%s\n' list show release remove
            case dkim
                printf '%s\n' list make show check use
            case self-check
                __nixied_names domain
        end
    end
end

for program in nixied nixie-admin nixie-sendmail
    complete -c $program -f -a '(__nixied_words)'
end
for program in nixied nixie-admin
    complete -c $program -s c -l config -r -F
    complete -c $program -s o -x -a 'text json'
end
complete -c nixie-sendmail -s C -r -F
complete -c nixied -l log -r -F
complete -c nixied -l message -r -F
complete -c nixied -l since -l until -x -a 'today yesterday now 1h 24h 7d'
complete -c nixied -n '__fish_seen_subcommand_from demo digest why' -F
complete -c nixie-admin -l directory -l password-file -r -F
complete -c nixie-admin -n '__fish_seen_subcommand_from import' -F
