#!/bin/sh
# Writes Sources/Capture/File/EmbeddedMigrations.swift: the copy of these files that the binary carries.
# Run it after adding a migration. A file that was ever released is never changed again.
set -eu
cd "$(dirname "$0")"
out=../Sources/Capture/File/EmbeddedMigrations.swift
{
    echo '// swift-format-ignore-file'
    echo '/// The files of `migrations/`, in order, as the binary carries them. Written by `migrations/embed.sh`.'
    echo 'extension Migration {'
    echo '    static let embedded: [Migration] = ['
    for file in [0-9][0-9][0-9][0-9]_*.sql; do
        name=${file%.sql}
        version=$(echo "${name%%_*}" | sed 's/^0*//')
        echo '        Migration('
        echo "            version: $version,"
        echo "            name: \"${name#*_}\","
        echo "            sha256: \"$(sha256sum "$file" | cut -d ' ' -f 1)\","
        echo '            sql: ##"""'
        cat "$file"
        echo
        echo '"""##'
        echo '        ),'
    done
    echo '    ]'
    echo '}'
} > "$out"
