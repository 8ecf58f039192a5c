"""The scripts of bash, zsh and fish, and what they exchange with xent: words in, completions of the whole word out.

Of `--unit=b` click completes what follows the =; zsh and fish replace the whole word, bash what follows the last of its
breaks of words. A completion is "plain", "part" (no blank follows) or "file" (the shell completes the path that follows
what is given). The scripts are our own, since click's know no parts, and take a comma for the end of a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

if TYPE_CHECKING:
    import click

VARIABLE = "_XENT_COMPLETE"
WORD_BREAKS = "=:"
"""What bash ends a word at, besides blanks: `--unit=b` are three words to it."""

_BASH = """\
%(complete_func)s() {
    local line type value
    COMPREPLY=()
    while IFS= read -r line; do
        IFS=, read -r type value <<< "$line"
        case $type in
            file) compopt -o default ;;
            part) compopt -o nospace; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(
        IFS=$'\\n'
        env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete "$1"
    )
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a plain described parts response
    local type key descr
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(
        env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) %(complete_var)s=zsh_complete %(prog_name)s
    )}")
    for type key descr in "${response[@]}"; do
        case $type in
            file) compset -P "${(b)key}"; _path_files -f ;;
            part) parts+=("$key") ;;
            plain) if [[ $descr == _ ]]; then plain+=("$key"); else described+=("$key:$descr"); fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#parts )) && compadd -U -S '' -V unsorted -a parts
    (( $#plain )) && compadd -U -V unsorted -a plain
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -l words COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -ct)
    for line in (env $words %(complete_var)s=fish_complete %(prog_name)s)
        set -l item (string split -m 1 "," -- $line)
        if test "$item[1]" = file
            set -l typed (string sub -s (math (string length -- "$item[2]") + 1) -- (commandline -ct))
            for path in (__fish_complete_path "$typed")
                echo -- "$item[2]$path"
            end
        else
            echo -- "$item[2]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class Bash(BashComplete):
    """Bash, to which a completion is what follows the last break of words."""

    source_template = _BASH

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.flag = self.before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one, as they were typed."""
        words, last = joined(*(given := super().get_completion_args()))
        self.flag = flag_of(last)
        self.before = "" if last == given[1] else last[: max(map(last.rfind, WORD_BREAKS)) + 1]
        return words, last

    def format_completion(self, item: CompletionItem) -> str:
        """One line: what it is, and the completion."""
        return f"{item.type},{(self.flag + str(item.value)).removeprefix(self.before)}"


class Zsh(ZshComplete):
    """Zsh, to which a completion is the whole word."""

    source_template = _ZSH

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.flag = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        words, last = super().get_completion_args()
        self.flag = flag_of(last)
        return words, last

    def format_completion(self, item: CompletionItem) -> str:
        """Three lines: what it is, the completion, and what it means or _."""
        return super().format_completion(CompletionItem(self.flag + str(item.value), type=item.type, help=item.help))


class Fish(FishComplete):
    """Fish, to which a completion is the whole word; after a = it adds no blank by itself."""

    source_template = _FISH

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.flag = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        words, last = super().get_completion_args()
        self.flag = flag_of(last)
        return words, last

    def format_completion(self, item: CompletionItem) -> str:
        """One line: what it is, the completion, and what it means."""
        return super().format_completion(CompletionItem(self.flag + str(item.value), type=item.type, help=item.help))


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def register() -> None:
    """Have click complete by these classes."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


def script(root: click.Command, shell: str) -> str:
    """The script that a shell evaluates to complete the words of `xent`."""
    return SHELLS[shell](root, {}, "xent", VARIABLE).source()


def flag_of(word: str) -> str:
    """The flag with its = that a word begins with, if it does."""
    flag, equals, _ = word.partition("=")
    return flag + equals if equals and flag.startswith("-") else ""


def joined(words: list[str], incomplete: str) -> tuple[list[str], str]:
    """The words of bash, those put together again that it broke at a = or a colon; the last is the incomplete one."""
    whole: list[str] = []
    glued = False
    for word in (*words, incomplete):
        broken = word != "" and set(word) <= set(WORD_BREAKS)
        if whole and (broken or glued):
            whole[-1] += word
        else:
            whole.append(word)
        glued = broken
    return whole[:-1], whole[-1]
