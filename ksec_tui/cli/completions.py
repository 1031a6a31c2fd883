"""Completion scripts for bash, zsh and fish, made from the command tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.cli.tree import Node, Option

PROGRAM = "ksec-tui"


def bash(root: Node) -> str:
    """For ``source <(ksec-tui completion bash)``."""
    return "\n".join(
        (
            f"# bash completion for {PROGRAM}",
            "_ksec_tui() {",
            '    local at="" word previous current i',
            '    current="${COMP_WORDS[COMP_CWORD]}"',
            '    previous="${COMP_WORDS[COMP_CWORD-1]}"',
            "    COMPREPLY=()",
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            '        word="${COMP_WORDS[i]}"',
            '        case "$at $word" in',
            *(f"            {_quote(step)}) at={_quote(to)} ;;" for step, to in _steps(root)),
            "            *) break ;;",
            "        esac",
            "    done",
            '    case "$at $previous" in',
            *(f"        {pattern}) {_bash_values(option)}; return ;;" for pattern, option in _taking(root)),
            "    esac",
            '    case "$at" in',
            *(
                f"        {_quote(' '.join(node.path))}) COMPREPLY=($(compgen -W {_quote(' '.join(_offered(node)))} "
                f'-- "$current")){_bash_files(node)} ;;'
                for node in root.walk()
            ),
            "    esac",
            "}",
            f"complete -o filenames -F _ksec_tui {PROGRAM}",
            "",
        )
    )


def zsh(root: Node) -> str:
    """For a file ``_ksec-tui`` in $fpath, or ``source <(ksec-tui completion zsh)``."""
    return "\n".join(
        (
            f"#compdef {PROGRAM}",
            "_ksec_tui() {",
            "    local at='' word previous i",
            "    local -a offered",
            "    previous=${words[CURRENT-1]}",
            "    for ((i = 2; i < CURRENT; i++)); do",
            "        word=${words[i]}",
            '        case "$at $word" in',
            *(f"            ({_quote(step)}) at={_quote(to)} ;;" for step, to in _steps(root)),
            "            (*) break ;;",
            "        esac",
            "    done",
            '    case "$at $previous" in',
            *(f"        ({pattern}) {_zsh_values(option)}; return ;;" for pattern, option in _taking(root)),
            "    esac",
            '    case "$at" in',
            *(
                f"        ({_quote(' '.join(node.path))}) offered=({' '.join(_described(node))})"
                f"{'; _files' if node.files else ''} ;;"
                for node in root.walk()
            ),
            "    esac",
            f"    _describe '{PROGRAM}' offered",
            "}",
            'if [[ "$funcstack[1]" = _ksec-tui ]]; then',
            '    _ksec_tui "$@"',
            "else",
            f"    compdef _ksec_tui {PROGRAM}",
            "fi",
            "",
        )
    )


def fish(root: Node) -> str:
    """For ``ksec-tui completion fish | source``."""
    return "\n".join((f"# fish completion for {PROGRAM}", f"complete -c {PROGRAM} -f", *_fish(root), ""))


def _fish(root: Node) -> Iterator[str]:
    for node in root.walk():
        where = f"complete -c {PROGRAM} -n {_quote(_fish_condition(node))}"
        for child in node.children:
            yield f"{where} -a {_quote(child.path[-1])} -d {_quote(child.help)}"
        if node.words:
            yield f"{where} -a {_quote(' '.join(node.words))}"
        if node.files:
            yield f"{where} -F"
        for option in node.options:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
            )
            takes = {"": "", "file": " -r -F", "word": " -x"}.get(
                option.takes, f" -x -a {_quote(' '.join(option.values))}"
            )
            yield f"{where} {names}{takes} -d {_quote(_plain(option.help))}"


def _fish_condition(node: Node) -> str:
    seen = [f"__fish_seen_subcommand_from {word}" for word in node.path]
    if node.children:
        below = " ".join(child.path[-1] for child in node.children)
        seen.append(f"not __fish_seen_subcommand_from {below}")
    return "; and ".join(seen)


def _steps(root: Node) -> Iterator[tuple[str, str]]:
    """From where one stands and the next word to where one stands then."""
    for node in root.walk():
        if node.path:
            before = " ".join(node.path[:-1])
            yield f"{before} {node.path[-1]}", " ".join(node.path)


def _taking(root: Node) -> Iterator[tuple[str, Option]]:
    """Options that take a value, as a shell pattern of where one stands and the option's spellings."""
    for node in root.walk():
        where = " ".join(node.path)
        for option in node.options:
            if option.takes:
                yield "|".join(_quote(f"{where} {name}") for name in option.names), option


def _offered(node: Node) -> Iterable[str]:
    yield from (child.path[-1] for child in node.children)
    yield from node.words
    for option in node.options:
        yield from option.names


def _described(node: Node) -> Iterator[str]:
    for child in node.children:
        yield _quote(f"{child.path[-1]}:{child.help}")
    yield from map(_quote, node.words)
    for option in node.options:
        for name in option.names:
            yield _quote(f"{name}:{_plain(option.help)}")


def _bash_values(option: Option) -> str:
    if option.takes == "file":
        return 'COMPREPLY=($(compgen -f -- "$current"))'
    if option.takes == "choice":
        return f'COMPREPLY=($(compgen -W {_quote(" ".join(option.values))} -- "$current"))'
    return ":"


def _bash_files(node: Node) -> str:
    return '; COMPREPLY+=($(compgen -f -- "$current"))' if node.files else ""


def _zsh_values(option: Option) -> str:
    if option.takes == "file":
        return "_files"
    if option.takes == "choice":
        return f"compadd -- {' '.join(map(_quote, option.values))}"
    return ":"


def _plain(words: str) -> str:
    return words.replace("%%", "%")


def _quote(text: str) -> str:
    """A shell word in single quotes, the same for all three shells as long as there is no backslash."""
    return "'" + text.replace("'", "’") + "'"
