# Reads game.h after the preprocessor, writes a C program that prints every field of every struct
# gk_NAME of it: where it lies, how long it is, and how it is declared. One line each, so that those
# of two headers can be compared.

{ text = text " " $0 }

END {
    gsub(/[ \t]+/, " ", text)
    print "#include <gamekit/game.h>\n#include <stdio.h>\nint main(void)\n{"
    while (match(text, /struct gk_[a-z_]+ \{/)) {
        type = substr(text, RSTART + 7, RLENGTH - 9)
        text = substr(text, RSTART + RLENGTH)
        fields(type, "", body())
        printf "    printf(\"%s ends %%zu\\n\", sizeof(struct %s));\n", type, type
    }
    print "    return 0;\n}"
}

# What stands before the brace that closes the one just read; `text` goes on behind it.
function body(    at, depth, character, found)
{
    depth = 1
    for (at = 1; depth > 0; at++) {
        character = substr(text, at, 1)
        depth += (character == "{") - (character == "}")
    }
    found = substr(text, 1, at - 2)
    text = substr(text, at)
    return found
}

# Splits the body of a struct at its semicolons, and "a, b" behind a type into two fields.
function fields(type, path, inside,    at, depth, character, one)
{
    for (at = 1; at <= length(inside); at++) {
        character = substr(inside, at, 1)
        depth += (character == "{") - (character == "}")
        if (character == ";" && depth == 0) {
            field(type, path, one)
            one = ""
        } else {
            one = one character
        }
    }
}

function field(type, path, declared,    name, parts, count, i, word, inner)
{
    gsub(/^ | $/, "", declared)
    if (declared ~ /^struct \{/) { # an array of a struct without a name
        inner = name = declared
        sub(/^struct \{/, "", inner)
        sub(/\}[^}]*$/, "", inner)
        sub(/.*\} */, "", name)
        declared = "struct {...} " name
        sub(/\[.*/, "", name)
        emit(type, path name, declared)
        fields(type, path name "[0].", inner)
        return
    }
    if (match(declared, /\(\*[a-z_]+\)/)) { # a callback
        emit(type, path substr(declared, RSTART + 2, RLENGTH - 3), declared)
        return
    }
    count = split(declared, parts, /, */)
    word = parts[1]
    sub(/\*?[a-z_0-9]+(\[[^\]]*\])?$/, "", word)
    for (i = 1; i <= count; i++) {
        name = i == 1 ? substr(parts[1], length(word) + 1) : parts[i]
        declared = word name
        sub(/^\*/, "", name)
        sub(/\[.*/, "", name)
        emit(type, path name, declared)
    }
}

function emit(type, name, declared)
{
    printf "    printf(\"%s.%s at %%zu, %%zu bytes: %s\\n\", offsetof(struct %s, %s),\n", type, name, \
        declared, type, name
    printf "           sizeof(((struct %s *)0)->%s));\n", type, name
}
