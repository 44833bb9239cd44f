"""Backups: one file that holds what is kept, made beside a running server, and brought back whole or not at all.

manifest   what a backup says of itself
bundle     files ↔ one tar, plain or compressed by zstd: nothing but plain files under names that we know, each hashed
making     a running server's data folder → a bundle, looked over before it gets its name
restoring  a bundle → a data folder: unpacked, checked, adjusted
replacement  what is unpacked takes the place of what was there
adjusting  what an older state means for those outside: numbers, keys, kills, jobs

  manifest.json  first: what it is, how large it is     config.toml   as it stands, secrets included
  karvan.db      the database, one file                 media/…       the pictures that it refers to
  packages/…     language packages, where asked for     SHA256SUMS    last: of every file before it
"""
