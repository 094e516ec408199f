"""The LALR tables of grammar.lark.  Written by `make grammar`; do not edit."""

# The terminals, in the order in which they are tried.
TERMINALS = {
    'NEWLINE': '\r?\n|\r\\Z',
    'FOLDED': '[ \t\r\x0c\\v]*[^ \t\r\x0c\\v\n#][^\n#]*\\\\[ \t\r\x0c\\v]*(?=[#\n]|\\Z)',
    'NAME': '(?:[^ \r\n]|\r(?!\n|\\Z))+',
    'WORDS': ' (?:[^\r\n]|\r(?!\n|\\Z))*',
    'COMMENT': '#[^\n]*',
    'VALUE': '[^\n#]+',
    'STAGE_KEY': '(?i:bootstrap:)',
    'PERCENT': '[ \t\r\x0c\\v]*%+',
    'LABEL_VALUE': ' [^\n]*',
    'PAIR_VALUE': '[^\n]+',
    'MORE_FOLDED': '[^\n#]*\\\\[ \t\r\x0c\\v]*(?=[#\n]|\\Z)',
    'BLANK_LINE': '[ \t\r\x0c\\v]*\n|[ \t\r\x0c\\v]+\\Z',
    'COMMENT_LINE': '[ \t\r\x0c\\v]*#[^\n]*\n?',
    'FILE_TEMPLATE': '(?:[^ \t\n\r\x0c"\']*\\{\\{[ \t\r\x0c]*[A-Za-z0-9_]+[ \t\r\x0c]*\\}\\}*[^ \t\n\r\x0c{}"\']*)+',
    'MORE': '[^\n#]+',
    'FILE_WORD': '[^ \t\n\r\x0c"\']+',
    'LABEL_GAP': '[ \t\r\x0c\\v]+',
    'FILE_QUOTED': '"[^"\n]*"',
    'KEY': '[^\n#:]*:',
    'FILE_GAP': '[ \t\r\x0c]+',
    'FILE_SINGLE': "'[^'\n]*",
    'PAIR_NAME': '[^\n=]*=',
    'JUNK': '[^\n#]+',
    'LABEL_KEY': '[^ \n]+',
    'JUNK_LINE': '[^\n]+',
    'FILE_OTHER': '["\']',
    'BODY': '(?:(?![ \t\r\x0c\\v]*%|(?i:bootstrap:))(?:[^\n]*\n|[^\n]+\\Z))+',
}
SYMBOLS = [*TERMINALS, *"""
$END __arguments_star_5 __copy_plus_4 __definition_star_0 __definition_star_1 __files_star_3 __head_plus_2
__labels_star_6 _file_word _line _more _value arguments copy definition field files head junk junk_line label labels
last_copy pair section stage stage_field stage_head
""".split()]
# Of each rule the symbol that it makes, and of how many it makes it.
RULES = bytes.fromhex("""
2900 2b00 2700 3000 2401 2401 2d01 2600 3301 2901 2901 2c01 2101 2401 2901 2401 1e01 1f01 3601 3401 2001 2001 2301 2301
2301 2301 2301 2301 3101 2b01 1d01 2001 2b01 1c01 1c01 2e01 3201 2701 1c01 1c01 2201 2201 2f01 3001 2201 2d02 2d02 2601
2601 2601 2601 2a02 3302 3302 3302 3302 3502 2902 1e02 1f02 2102 2902 2902 3602 3402 2802 1d02 2002 2002 2002 2b02 2e02
3202 3202 1c02 1c02 1c02 1c02 2f02 2f02 2f02 2202 2202 2202 2d03 2602 2602 2602 2602 2602 3303 3303 3303 3303 3303 3303
2903 3203 2f03 2f03 2f03 2603 2501 2501 2603 2603 3304 3304 3304 3304 2f04 2604 2502 2502 2502 2502 3305 2503 2503 2503
2504
""")
# Of each state what symbols may follow, then for each the next state, or below 0 a rule to reduce by.
STATES = """
06070b0c12161b1e1f2124292a2c2d33343536090804050706ff0a0b0c0d0e0f101112131415,
0b0c0d0f111314191b1d2023282b3116171c1d1a181b19fe1e1f20212223, 0b0c15181b1c272e3224252726fd28292a2b,
0b0c10171b222f302c2d2e2ffc303132, 06070b0c12161bfbfbfbfbfbfbfb, 06070b0c12161bfafafafafafafa,
000406070b0c12161b3433f9f9f9f9f9f9f9, 0001040506070b0c12161b2637363538f8f8f8f8f8f8f839, 00020306071a1b3c3b3df7f73af7,
0001040506070b0c12161b2637363538f8f8f8f8f8f8f83e, 06071b1f333435360908f63f40131415, 061b34353609f5411415,
06070b0c12161b242a2df4f404050706f4420f11, 06070b0c12161bf3f3f3f3f3f3f3, , 06070b0c12161bf2f2f2f2f2f2f2,
06071b1e1f333435360908f1434412131415, 06070b0c12161bf0f0f0f0f0f0f0, 06071befefef, 061beeee,
06070b0c12161b21242a2deded04050706ed450d0f11, 06071b1e33ec08ec4612, 0b0c0d0f111314191bebebebebebebebebeb,
0b0c0d0f111314191beaeaeaeaeaeaeaeaea, 000d0f111314191be9e9e9e9e9e9e9e9, 000d0f111314191be8e8e8e8e8e8e8e8,
000d0f111314191be7e7e7e7e7e7e7e7, 000d0f111314191be6e6e6e6e6e6e6e6, 000d0f111314191be5e5e5e5e5e5e5e5,
000d0f111314191be4e4e4e4e4e4e4e4, 000d0f111314191b23471c1d1a181b19e348,
0b0c0d0f111314191b1d232831494a1c1d1a181b19e21e204b4c, 000d0f111314191be1e1e1e1e1e1e1e1,
0b0c0d0f111314191be0e0e0e0e0e0e0e0e0, , 1bdf, 0b0c15181bdedededede, 0b0c15181bdddddddddd, 000b0c15181b4ddcdcdcdcdc,
00090b0c15181b4e4fdbdbdbdbdb, 0b0c15181b2e3250512726da5253, , 0b0c15181bd9d9d9d9d9, 0b0c15181bd8d8d8d8d8,
0b0c10171bd7d7d7d7d7, 0b0c10171bd6d6d6d6d6, 1754, 00080b0c10171b5655d5d5d5d5d5, 0b0c10171b2f57582e2fd459,
0b0c10171bd3d3d3d3d3, , 0006070b0c12161b5ad2d2d2d2d2d2d2, 06070b0c12161bd1d1d1d1d1d1d1,
0006070b0c12161b5bd0d0d0d0d0d0d0, 000406070b0c12161b5d5ccfcfcfcfcfcfcf, 06070b0c12161bcecececececece,
000406070b0c12161b5f5ecdcdcdcdcdcdcd, 06070b0c12161bcccccccccccccc, 06071bcbcbcb, 000306071a1b6162caca60ca,
06071a1bc9c963c9, 0006071a1b65c8c864c8, 06070b0c12161bc7c7c7c7c7c7c7, 061b34353609c6411415, 06071bc5c5c5, 061bc4c4,
06070b0c12161bc3c3c3c3c3c3c3, 06071b1f333435360908c26640131415, 061b34353609c1411415,
06070b0c12161b242a2dc0c004050706c0420f11, 06071b33bf08bf40, 0b0c0d0f111314191bbebebebebebebebebe,
000d0f111314191bbdbdbdbdbdbdbdbd, 0b0c0d0f111314191bbcbcbcbcbcbcbcbcbc, 0b0c0d0f111314191bbbbbbbbbbbbbbbbbbb,
0b0c0d0f111314191bbababababababababa, 1bb9, 0b0c15181bb8b8b8b8b8, 0b0c15181bb7b7b7b7b7, 000b0c15181b67b6b6b6b6b6,
0b0c15181bb5b5b5b5b5, 0b0c15181bb4b4b4b4b4, 0b0c15181bb3b3b3b3b3, 0b0c15181bb2b2b2b2b2, 00080b0c10171b6968b1b1b1b1b1,
000b0c10171b6ab0b0b0b0b0, 0b0c10171bafafafafaf, 0b0c10171baeaeaeaeae, 0b0c10171badadadadad, 0b0c10171bacacacacac,
06070b0c12161bababababababab, 06070b0c12161baaaaaaaaaaaaaa, 0006070b0c12161b6ba9a9a9a9a9a9a9,
06070a0b0c0e12161b25a8a86da8a86ca8a8a86e, 0006070b0c12161b6fa7a7a7a7a7a7a7, 06070b0c12161ba6a6a6a6a6a6a6, 06071ba5a5a5,
06071a1ba4a470a4, 0006071a1b72a3a371a3, 06071ba2a2a2, 06071ba1a1a1, 06071a1ba0a073a0, 061b343536099f411415,
0b0c15181b9e9e9e9e9e, 000b0c10171b749d9d9d9d9d, 0b0c10171b9c9c9c9c9c, 0b0c10171b9b9b9b9b9b,
06070a0b0c0e12161b259a9a6d9a9a6c9a9a9a75, 000406070b0c12161b777699999999999999, 000406070b0c12161b797898989898989898,
06070b0c12161b97979797979797, 06070b0c12161b96969696969696, 06071b959595, 06071b949494, 06071a1b93937a93, 06071b929292,
0b0c10171b9191919191, 06070b0c12161b90909090909090, 0006070b0c12161b7b8f8f8f8f8f8f8f, 06070b0c12161b8e8e8e8e8e8e8e,
0006070b0c12161b7c8d8d8d8d8d8d8d, 06070a0b0c0e12161b258c8c6d8c8c6c8c8c8c7d, 06071b8b8b8b, 06070b0c12161b8a8a8a8a8a8a8a,
06070a0b0c0e12161b2589896d89896c8989897e, 06070b0c12161b88888888888888, 06070b0c12161b87878787878787
""".split(',')
STARTS = {'definition': 0, 'files': 1, 'arguments': 2, 'labels': 3}
ENDS = {'definition': 14, 'files': 34, 'arguments': 41, 'labels': 50}
