"""The LALR tables of grammar.lark.  Written by `make grammar`; do not edit."""

from typing import Any

SCANNERS: Any = ['(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<LABEL_GAP>[ \t\r'
 '\x0c'
 '\\v]+)|(?P<LABEL_KEY>[^ \n'
 ']+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BODY>(?:(?![ \t\r'
 '\x0c'
 '\\v]*%|(?i:bootstrap:))(?:[^\n'
 ']*\n'
 '|[^\n'
 ']+\\Z))+)',
 '(?P<STAGE_KEY>(?i:bootstrap:))',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<FOLDED>[ \t\r'
 '\x0c'
 '\\v]*[^ \t\r'
 '\x0c'
 '\\v\n'
 '#][^\n'
 '#]*\\\\[ \t\r'
 '\x0c'
 '\\v]*(?=[#\n'
 ']|\\Z))|(?P<COMMENT>#[^\n'
 ']*)|(?P<VALUE>[^\n'
 '#]+)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<KEY>[^\n'
 '#:]*:)|(?P<JUNK>[^\n'
 '#]+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<PAIR_VALUE>[^\n'
 ']+)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<PAIR_NAME>[^\n'
 '=]*=)|(?P<JUNK_LINE>[^\n'
 ']+)',
 '(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r\x0c\\v]*%+)',
 '(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<PAIR_NAME>[^\n'
 '=]*=)|(?P<JUNK_LINE>[^\n'
 ']+)',
 '(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<KEY>[^\n'
 '#:]*:)|(?P<JUNK>[^\n'
 '#]+)',
 '(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BODY>(?:(?![ \t\r'
 '\x0c'
 '\\v]*%|(?i:bootstrap:))(?:[^\n'
 ']*\n'
 '|[^\n'
 ']+\\Z))+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<FILE_TEMPLATE>(?:[^ \t\n'
 '\r'
 '\x0c'
 '"\']*\\{\\{[ \t\r'
 '\x0c'
 ']*[A-Za-z0-9_]+[ \t\r'
 '\x0c'
 ']*\\}\\}*[^ \t\n'
 '\r'
 '\x0c'
 '{}"\']*)+)|(?P<FILE_WORD>[^ \t\n'
 '\r'
 '\x0c'
 '"\']+)|(?P<FILE_QUOTED>"[^"\n'
 ']*")|(?P<FILE_GAP>[ \t\r'
 '\x0c'
 "]+)|(?P<FILE_SINGLE>'[^'\n"
 ']*)|(?P<FILE_OTHER>["\'])',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<PAIR_NAME>[^\n'
 '=]*=)|(?P<JUNK_LINE>[^\n'
 ']+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<KEY>[^\n'
 '#:]*:)|(?P<JUNK>[^\n'
 '#]+)',
 '',
 '(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<MORE_FOLDED>[^\n'
 '#]*\\\\[ \t\r'
 '\x0c'
 '\\v]*(?=[#\n'
 ']|\\Z))|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<MORE>[^\n'
 '#]+)|(?P<KEY>[^\n'
 '#:]*:)|(?P<JUNK>[^\n'
 '#]+)',
 '(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<FILE_TEMPLATE>(?:[^ \t\n'
 '\r'
 '\x0c'
 '"\']*\\{\\{[ \t\r'
 '\x0c'
 ']*[A-Za-z0-9_]+[ \t\r'
 '\x0c'
 ']*\\}\\}*[^ \t\n'
 '\r'
 '\x0c'
 '{}"\']*)+)|(?P<FILE_WORD>[^ \t\n'
 '\r'
 '\x0c'
 '"\']+)|(?P<FILE_QUOTED>"[^"\n'
 ']*")|(?P<FILE_GAP>[ \t\r'
 '\x0c'
 "]+)|(?P<FILE_SINGLE>'[^'\n"
 ']*)|(?P<FILE_OTHER>["\'])',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<LABEL_VALUE> [^\n'
 ']*)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<LABEL_GAP>[ \t\r'
 '\x0c'
 '\\v]+)|(?P<LABEL_KEY>[^ \n'
 ']+)',
 '(?P<LABEL_KEY>[^ \n]+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<COMMENT>#[^\n'
 ']*)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<KEY>[^\n'
 '#:]*:)|(?P<JUNK>[^\n'
 '#]+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<NAME>(?:[^ \r\n'
 ']|\r'
 '(?!\n'
 '|\\Z))+)|(?P<WORDS> (?:[^\r\n'
 ']|\r'
 '(?!\n'
 '|\\Z))*)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BODY>(?:(?![ \t\r'
 '\x0c'
 '\\v]*%|(?i:bootstrap:))(?:[^\n'
 ']*\n'
 '|[^\n'
 ']+\\Z))+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<WORDS> (?:[^\r\n'
 ']|\r'
 '(?!\n'
 '|\\Z))*)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
 '\x0c'
 '\\v]*%+)|(?P<BODY>(?:(?![ \t\r'
 '\x0c'
 '\\v]*%|(?i:bootstrap:))(?:[^\n'
 ']*\n'
 '|[^\n'
 ']+\\Z))+)',
 '(?P<NEWLINE>\r'
 '?\n'
 '|\r'
 '\\Z)|(?P<BLANK_LINE>[ \t\r'
 '\x0c'
 '\\v]*\n'
 '|[ \t\r'
 '\x0c'
 '\\v]+\\Z)|(?P<COMMENT_LINE>[ \t\r'
 '\x0c'
 '\\v]*#[^\n'
 ']*\n'
 '?)|(?P<LABEL_GAP>[ \t\r'
 '\x0c'
 '\\v]+)|(?P<LABEL_KEY>[^ \n'
 ']+)']
RULES: Any = [('label', 3), ('section', 3), ('definition', 1), ('_value', 0), ('pair', 1), ('section', 3),
 ('__arguments_star_5', 1), ('_value', 2), ('section', 3), ('_file_word', 1), ('section', 3),
 ('junk_line', 1), ('__arguments_star_5', 1), ('labels', 0), ('definition', 1), ('_value', 2), ('_line', 1),
 ('arguments', 0), ('_value', 2), ('__files_star_3', 1), ('head', 1), ('_line', 1), ('stage', 2),
 ('__arguments_star_5', 1), ('__labels_star_6', 1), ('__files_star_3', 1), ('label', 1), ('files', 0),
 ('__labels_star_6', 1), ('definition', 2), ('_value', 2), ('__head_plus_2', 1), ('__labels_star_6', 1),
 ('section', 4), ('__definition_star_0', 2), ('files', 1), ('stage', 1), ('__copy_plus_4', 1), ('_value', 2),
 ('section', 2), ('_file_word', 1), ('definition', 0), ('last_copy', 1), ('stage_head', 2), ('label', 3),
 ('junk', 3), ('files', 2), ('definition', 1), ('arguments', 1), ('__arguments_star_5', 1), ('definition', 3),
 ('__definition_star_1', 2), ('_value', 3), ('junk', 2), ('field', 2), ('junk', 2), ('_value', 3),
 ('section', 4), ('__copy_plus_4', 2), ('_more', 1), ('__arguments_star_5', 2), ('_more', 1),
 ('_file_word', 1), ('section', 1), ('section', 2), ('pair', 2), ('files', 1), ('_more', 3),
 ('_file_word', 1), ('__files_star_3', 2), ('_value', 3), ('_file_word', 1), ('definition', 2), ('_value', 1),
 ('section', 5), ('_file_word', 1), ('section', 3), ('__definition_star_1', 1), ('_value', 1), ('section', 4),
 ('_more', 2), ('_more', 2), ('__arguments_star_5', 2), ('label', 4), ('__labels_star_6', 2), ('copy', 2),
 ('_value', 4), ('__files_star_3', 2), ('__arguments_star_5', 2), ('_more', 2), ('pair', 3), ('junk', 1),
 ('definition', 2), ('_more', 2), ('_line', 1), ('__files_star_3', 2), ('stage_field', 2), ('section', 2),
 ('section', 2), ('__definition_star_0', 1), ('junk_line', 2), ('_more', 3), ('_value', 1),
 ('__arguments_star_5', 2), ('label', 3), ('_value', 1), ('__head_plus_2', 2), ('__labels_star_6', 2),
 ('__files_star_3', 1), ('label', 2), ('stage_head', 1), ('section', 3), ('_line', 1), ('labels', 1),
 ('pair', 2), ('_more', 3), ('__labels_star_6', 2), ('label', 2), ('_more', 4), ('label', 2), ('section', 4)]
STATES: Any = [(0, {'$END': -1, 'BLANK_LINE': -1, 'COMMENT_LINE': -1, 'LABEL_GAP': -1, 'LABEL_KEY': -1}),
 (1, {'$END': -2, 'BODY': 126, 'NEWLINE': 84, 'PERCENT': -2, 'STAGE_KEY': -2}),
 (2, {'$END': -3, 'STAGE_KEY': 3, 'stage': 55, 'stage_field': 116, 'stage_head': 37}),
 (3,
  {'$END': -4,
   'BLANK_LINE': -4,
   'COMMENT': 83,
   'COMMENT_LINE': -4,
   'FOLDED': 78,
   'JUNK': -4,
   'KEY': -4,
   'NEWLINE': 108,
   'PERCENT': -4,
   'STAGE_KEY': -4,
   'VALUE': 111,
   '_value': 101}),
 (4,
  {'$END': -5,
   'BLANK_LINE': -5,
   'COMMENT_LINE': -5,
   'JUNK_LINE': -5,
   'NEWLINE': 120,
   'PAIR_NAME': -5,
   'PAIR_VALUE': 70}),
 (5, {'$END': -6, 'PERCENT': -6, 'STAGE_KEY': -6}),
 (6, {'$END': -7, 'BLANK_LINE': -7, 'COMMENT_LINE': -7, 'JUNK_LINE': -7, 'PAIR_NAME': -7}),
 (7,
  {'$END': -8, 'BLANK_LINE': -8, 'COMMENT_LINE': -8, 'JUNK': -8, 'KEY': -8, 'PERCENT': -8, 'STAGE_KEY': -8}),
 (8, {'$END': -9, 'BODY': 34, 'PERCENT': -9, 'STAGE_KEY': -9}),
 (9,
  {'$END': -10,
   'FILE_GAP': -10,
   'FILE_OTHER': -10,
   'FILE_QUOTED': -10,
   'FILE_SINGLE': -10,
   'FILE_TEMPLATE': -10,
   'FILE_WORD': -10,
   'NEWLINE': -10}),
 (5, {'$END': -11, 'PERCENT': -11, 'STAGE_KEY': -11}),
 (10,
  {'$END': -12, 'BLANK_LINE': -12, 'COMMENT_LINE': -12, 'JUNK_LINE': -12, 'NEWLINE': 106, 'PAIR_NAME': -12}),
 (6, {'$END': -13, 'BLANK_LINE': -13, 'COMMENT_LINE': -13, 'JUNK_LINE': -13, 'PAIR_NAME': -13}),
 (0,
  {'$END': -14,
   'BLANK_LINE': 29,
   'COMMENT_LINE': 25,
   'LABEL_GAP': 44,
   'LABEL_KEY': 27,
   '__labels_star_6': 119,
   'label': 33,
   'labels': 105}),
 (5,
  {'$END': -15,
   'PERCENT': 68,
   'STAGE_KEY': 3,
   '__definition_star_1': 97,
   'section': 35,
   'stage': 82,
   'stage_field': 116,
   'stage_head': 37}),
 (11,
  {'$END': -16,
   'BLANK_LINE': -16,
   'COMMENT_LINE': -16,
   'JUNK': -16,
   'KEY': -16,
   'NEWLINE': 56,
   'PERCENT': -16,
   'STAGE_KEY': -16}),
 (7,
  {'$END': -17,
   'BLANK_LINE': -17,
   'COMMENT_LINE': -17,
   'JUNK': -17,
   'KEY': -17,
   'PERCENT': -17,
   'STAGE_KEY': -17}),
 (12, {}),
 (6,
  {'$END': -18,
   'BLANK_LINE': 12,
   'COMMENT_LINE': 52,
   'JUNK_LINE': 11,
   'PAIR_NAME': 4,
   '__arguments_star_5': 51,
   'arguments': 17,
   'junk_line': 24,
   'pair': 6}),
 (13,
  {'$END': -19,
   'BLANK_LINE': -19,
   'COMMENT_LINE': -19,
   'JUNK': -19,
   'KEY': -19,
   'MORE': 66,
   'MORE_FOLDED': 63,
   'PERCENT': -19,
   'STAGE_KEY': -19,
   '_more': 75}),
 (14,
  {'$END': -20,
   'BLANK_LINE': -20,
   'COMMENT_LINE': -20,
   'FILE_GAP': -20,
   'FILE_OTHER': -20,
   'FILE_QUOTED': -20,
   'FILE_SINGLE': -20,
   'FILE_TEMPLATE': -20,
   'FILE_WORD': -20}),
 (7,
  {'$END': -21,
   'BLANK_LINE': 118,
   'COMMENT_LINE': 99,
   'JUNK': 96,
   'KEY': 47,
   'PERCENT': -21,
   'STAGE_KEY': -21,
   '_line': 112,
   'field': 16,
   'junk': 22}),
 (7,
  {'$END': -22,
   'BLANK_LINE': -22,
   'COMMENT_LINE': -22,
   'JUNK': -22,
   'KEY': -22,
   'PERCENT': -22,
   'STAGE_KEY': -22}),
 (5, {'$END': -23, 'PERCENT': 68, 'STAGE_KEY': -23, 'section': 35}),
 (6, {'$END': -24, 'BLANK_LINE': -24, 'COMMENT_LINE': -24, 'JUNK_LINE': -24, 'PAIR_NAME': -24}),
 (0, {'$END': -25, 'BLANK_LINE': -25, 'COMMENT_LINE': -25, 'LABEL_GAP': -25, 'LABEL_KEY': -25}),
 (14,
  {'$END': -26,
   'BLANK_LINE': -26,
   'COMMENT_LINE': -26,
   'FILE_GAP': -26,
   'FILE_OTHER': -26,
   'FILE_QUOTED': -26,
   'FILE_SINGLE': -26,
   'FILE_TEMPLATE': -26,
   'FILE_WORD': -26}),
 (15,
  {'$END': -27,
   'BLANK_LINE': -27,
   'COMMENT_LINE': -27,
   'LABEL_GAP': -27,
   'LABEL_KEY': -27,
   'LABEL_VALUE': 123,
   'NEWLINE': 125}),
 (14,
  {'$END': -28,
   'BLANK_LINE': 26,
   'COMMENT_LINE': 114,
   'FILE_GAP': 67,
   'FILE_OTHER': 41,
   'FILE_QUOTED': 76,
   'FILE_SINGLE': 80,
   'FILE_TEMPLATE': 73,
   'FILE_WORD': 9,
   '__copy_plus_4': 43,
   '__files_star_3': 36,
   '_file_word': 38,
   'copy': 20,
   'files': 65,
   'last_copy': 71}),
 (0, {'$END': -29, 'BLANK_LINE': -29, 'COMMENT_LINE': -29, 'LABEL_GAP': -29, 'LABEL_KEY': -29}),
 (5,
  {'$END': -30,
   'PERCENT': 68,
   'STAGE_KEY': 3,
   '__definition_star_1': 53,
   'section': 35,
   'stage': 82,
   'stage_field': 116,
   'stage_head': 37}),
 (11,
  {'$END': -31,
   'BLANK_LINE': -31,
   'COMMENT_LINE': -31,
   'JUNK': -31,
   'KEY': -31,
   'NEWLINE': 60,
   'PERCENT': -31,
   'STAGE_KEY': -31}),
 (7,
  {'$END': -32,
   'BLANK_LINE': -32,
   'COMMENT_LINE': -32,
   'JUNK': -32,
   'KEY': -32,
   'PERCENT': -32,
   'STAGE_KEY': -32}),
 (0, {'$END': -33, 'BLANK_LINE': -33, 'COMMENT_LINE': -33, 'LABEL_GAP': -33, 'LABEL_KEY': -33}),
 (5, {'$END': -34, 'PERCENT': -34, 'STAGE_KEY': -34}), (5, {'$END': -35, 'PERCENT': -35, 'STAGE_KEY': -35}),
 (14,
  {'$END': -36,
   'BLANK_LINE': 74,
   'COMMENT_LINE': 100,
   'FILE_GAP': 67,
   'FILE_OTHER': 41,
   'FILE_QUOTED': 76,
   'FILE_SINGLE': 80,
   'FILE_TEMPLATE': 73,
   'FILE_WORD': 9,
   '__copy_plus_4': 43,
   '_file_word': 38,
   'copy': 92,
   'last_copy': 49}),
 (5, {'$END': -37, 'PERCENT': 68, 'STAGE_KEY': -37, '__definition_star_0': 23, 'section': 104}),
 (9,
  {'$END': -38,
   'FILE_GAP': -38,
   'FILE_OTHER': -38,
   'FILE_QUOTED': -38,
   'FILE_SINGLE': -38,
   'FILE_TEMPLATE': -38,
   'FILE_WORD': -38,
   'NEWLINE': -38}),
 (7,
  {'$END': -39,
   'BLANK_LINE': -39,
   'COMMENT_LINE': -39,
   'JUNK': -39,
   'KEY': -39,
   'PERCENT': -39,
   'STAGE_KEY': -39}),
 (5, {'$END': -40, 'PERCENT': -40, 'STAGE_KEY': -40}),
 (9,
  {'$END': -41,
   'FILE_GAP': -41,
   'FILE_OTHER': -41,
   'FILE_QUOTED': -41,
   'FILE_SINGLE': -41,
   'FILE_TEMPLATE': -41,
   'FILE_WORD': -41,
   'NEWLINE': -41}),
 (7,
  {'$END': -42,
   'BLANK_LINE': 118,
   'COMMENT_LINE': 99,
   'JUNK': 96,
   'KEY': 47,
   'PERCENT': 68,
   'STAGE_KEY': 3,
   '__definition_star_0': 14,
   '__definition_star_1': 2,
   '__head_plus_2': 21,
   '_line': 32,
   'definition': 54,
   'field': 16,
   'head': 50,
   'junk': 22,
   'section': 104,
   'stage': 82,
   'stage_field': 116,
   'stage_head': 37}),
 (9,
  {'$END': -43,
   'FILE_GAP': 67,
   'FILE_OTHER': 41,
   'FILE_QUOTED': 76,
   'FILE_SINGLE': 80,
   'FILE_TEMPLATE': 73,
   'FILE_WORD': 9,
   'NEWLINE': 90,
   '_file_word': 62}),
 (16, {'LABEL_KEY': 115}),
 (7,
  {'$END': -44,
   'BLANK_LINE': 118,
   'COMMENT_LINE': 99,
   'JUNK': 96,
   'KEY': 47,
   'PERCENT': -44,
   'STAGE_KEY': -44,
   '_line': 112,
   'field': 16,
   'junk': 22}),
 (0, {'$END': -45, 'BLANK_LINE': -45, 'COMMENT_LINE': -45, 'LABEL_GAP': -45, 'LABEL_KEY': -45}),
 (3,
  {'$END': -4,
   'BLANK_LINE': -4,
   'COMMENT': 83,
   'COMMENT_LINE': -4,
   'FOLDED': 78,
   'JUNK': -4,
   'KEY': -4,
   'NEWLINE': 108,
   'PERCENT': -4,
   'STAGE_KEY': -4,
   'VALUE': 111,
   '_value': 58}),
 (7,
  {'$END': -46,
   'BLANK_LINE': -46,
   'COMMENT_LINE': -46,
   'JUNK': -46,
   'KEY': -46,
   'PERCENT': -46,
   'STAGE_KEY': -46}),
 (12, {'$END': -47}),
 (5,
  {'$END': -48,
   'PERCENT': 68,
   'STAGE_KEY': 3,
   '__definition_star_0': 30,
   '__definition_star_1': 77,
   'section': 104,
   'stage': 82,
   'stage_field': 116,
   'stage_head': 37}),
 (6,
  {'$END': -49,
   'BLANK_LINE': 64,
   'COMMENT_LINE': 109,
   'JUNK_LINE': 11,
   'PAIR_NAME': 4,
   'junk_line': 93,
   'pair': 87}),
 (6, {'$END': -50, 'BLANK_LINE': -50, 'COMMENT_LINE': -50, 'JUNK_LINE': -50, 'PAIR_NAME': -50}),
 (2, {'$END': -51, 'STAGE_KEY': 3, 'stage': 55, 'stage_field': 116, 'stage_head': 37}), (12, {}),
 (2, {'$END': -52, 'STAGE_KEY': -52}),
 (13,
  {'$END': -53,
   'BLANK_LINE': -53,
   'COMMENT_LINE': -53,
   'JUNK': -53,
   'KEY': -53,
   'MORE': 66,
   'MORE_FOLDED': 63,
   'PERCENT': -53,
   'STAGE_KEY': -53,
   '_more': 91}),
 (7,
  {'$END': -54,
   'BLANK_LINE': -54,
   'COMMENT_LINE': -54,
   'JUNK': -54,
   'KEY': -54,
   'PERCENT': -54,
   'STAGE_KEY': -54}),
 (7,
  {'$END': -55,
   'BLANK_LINE': -55,
   'COMMENT_LINE': -55,
   'JUNK': -55,
   'KEY': -55,
   'PERCENT': -55,
   'STAGE_KEY': -55}),
 (11,
  {'$END': -56,
   'BLANK_LINE': -56,
   'COMMENT_LINE': -56,
   'JUNK': -56,
   'KEY': -56,
   'NEWLINE': 48,
   'PERCENT': -56,
   'STAGE_KEY': -56}),
 (7,
  {'$END': -57,
   'BLANK_LINE': -57,
   'COMMENT_LINE': -57,
   'JUNK': -57,
   'KEY': -57,
   'PERCENT': -57,
   'STAGE_KEY': -57}),
 (5, {'$END': -58, 'PERCENT': -58, 'STAGE_KEY': -58}),
 (9,
  {'$END': -59,
   'FILE_GAP': -59,
   'FILE_OTHER': -59,
   'FILE_QUOTED': -59,
   'FILE_SINGLE': -59,
   'FILE_TEMPLATE': -59,
   'FILE_WORD': -59,
   'NEWLINE': -59}),
 (17,
  {'$END': -60,
   'BLANK_LINE': -60,
   'COMMENT': 98,
   'COMMENT_LINE': -60,
   'JUNK': -60,
   'KEY': -60,
   'NEWLINE': 94,
   'PERCENT': -60,
   'STAGE_KEY': -60}),
 (6, {'$END': -61, 'BLANK_LINE': -61, 'COMMENT_LINE': -61, 'JUNK_LINE': -61, 'PAIR_NAME': -61}), (12, {}),
 (17,
  {'$END': -62,
   'BLANK_LINE': -62,
   'COMMENT': 86,
   'COMMENT_LINE': -62,
   'JUNK': -62,
   'KEY': -62,
   'NEWLINE': 85,
   'PERCENT': -62,
   'STAGE_KEY': -62}),
 (9,
  {'$END': -63,
   'FILE_GAP': -63,
   'FILE_OTHER': -63,
   'FILE_QUOTED': -63,
   'FILE_SINGLE': -63,
   'FILE_TEMPLATE': -63,
   'FILE_WORD': -63,
   'NEWLINE': -63}),
 (18, {'$END': -64, 'BODY': 40, 'NAME': 69, 'NEWLINE': 102, 'PERCENT': -64, 'STAGE_KEY': -64, 'WORDS': 103}),
 (19, {'$END': -65, 'BODY': 5, 'NEWLINE': 8, 'PERCENT': -65, 'STAGE_KEY': -65, 'WORDS': 1}),
 (10,
  {'$END': -66, 'BLANK_LINE': -66, 'COMMENT_LINE': -66, 'JUNK_LINE': -66, 'NEWLINE': 95, 'PAIR_NAME': -66}),
 (12, {'$END': -67}),
 (13,
  {'$END': -68,
   'BLANK_LINE': -68,
   'COMMENT_LINE': -68,
   'JUNK': -68,
   'KEY': -68,
   'MORE': 66,
   'MORE_FOLDED': 63,
   'PERCENT': -68,
   'STAGE_KEY': -68,
   '_more': 124}),
 (9,
  {'$END': -69,
   'FILE_GAP': -69,
   'FILE_OTHER': -69,
   'FILE_QUOTED': -69,
   'FILE_SINGLE': -69,
   'FILE_TEMPLATE': -69,
   'FILE_WORD': -69,
   'NEWLINE': -69}),
 (14,
  {'$END': -70,
   'BLANK_LINE': -70,
   'COMMENT_LINE': -70,
   'FILE_GAP': -70,
   'FILE_OTHER': -70,
   'FILE_QUOTED': -70,
   'FILE_SINGLE': -70,
   'FILE_TEMPLATE': -70,
   'FILE_WORD': -70}),
 (7,
  {'$END': -71,
   'BLANK_LINE': -71,
   'COMMENT_LINE': -71,
   'JUNK': -71,
   'KEY': -71,
   'PERCENT': -71,
   'STAGE_KEY': -71}),
 (9,
  {'$END': -72,
   'FILE_GAP': -72,
   'FILE_OTHER': -72,
   'FILE_QUOTED': -72,
   'FILE_SINGLE': -72,
   'FILE_TEMPLATE': -72,
   'FILE_WORD': -72,
   'NEWLINE': -72}),
 (2, {'$END': -73, 'STAGE_KEY': 3, 'stage': 55, 'stage_field': 116, 'stage_head': 37}),
 (17,
  {'$END': -74,
   'BLANK_LINE': -74,
   'COMMENT': 15,
   'COMMENT_LINE': -74,
   'JUNK': -74,
   'KEY': -74,
   'NEWLINE': 19,
   'PERCENT': -74,
   'STAGE_KEY': -74}),
 (5, {'$END': -75, 'PERCENT': -75, 'STAGE_KEY': -75}),
 (9,
  {'$END': -76,
   'FILE_GAP': -76,
   'FILE_OTHER': -76,
   'FILE_QUOTED': -76,
   'FILE_SINGLE': -76,
   'FILE_TEMPLATE': -76,
   'FILE_WORD': -76,
   'NEWLINE': -76}),
 (8, {'$END': -77, 'BODY': 61, 'PERCENT': -77, 'STAGE_KEY': -77}), (2, {'$END': -78, 'STAGE_KEY': -78}),
 (11,
  {'$END': -79,
   'BLANK_LINE': -79,
   'COMMENT_LINE': -79,
   'JUNK': -79,
   'KEY': -79,
   'NEWLINE': 39,
   'PERCENT': -79,
   'STAGE_KEY': -79}),
 (8, {'$END': -80, 'BODY': 79, 'PERCENT': -80, 'STAGE_KEY': -80}),
 (7,
  {'$END': -81,
   'BLANK_LINE': -81,
   'COMMENT_LINE': -81,
   'JUNK': -81,
   'KEY': -81,
   'PERCENT': -81,
   'STAGE_KEY': -81}),
 (11,
  {'$END': -82,
   'BLANK_LINE': -82,
   'COMMENT_LINE': -82,
   'JUNK': -82,
   'KEY': -82,
   'NEWLINE': 121,
   'PERCENT': -82,
   'STAGE_KEY': -82}),
 (6, {'$END': -83, 'BLANK_LINE': -83, 'COMMENT_LINE': -83, 'JUNK_LINE': -83, 'PAIR_NAME': -83}),
 (0, {'$END': -84, 'BLANK_LINE': -84, 'COMMENT_LINE': -84, 'LABEL_GAP': -84, 'LABEL_KEY': -84}),
 (0, {'$END': -85, 'BLANK_LINE': -85, 'COMMENT_LINE': -85, 'LABEL_GAP': -85, 'LABEL_KEY': -85}),
 (14,
  {'$END': -86,
   'BLANK_LINE': -86,
   'COMMENT_LINE': -86,
   'FILE_GAP': -86,
   'FILE_OTHER': -86,
   'FILE_QUOTED': -86,
   'FILE_SINGLE': -86,
   'FILE_TEMPLATE': -86,
   'FILE_WORD': -86}),
 (7,
  {'$END': -87,
   'BLANK_LINE': -87,
   'COMMENT_LINE': -87,
   'JUNK': -87,
   'KEY': -87,
   'PERCENT': -87,
   'STAGE_KEY': -87}),
 (14,
  {'$END': -88,
   'BLANK_LINE': -88,
   'COMMENT_LINE': -88,
   'FILE_GAP': -88,
   'FILE_OTHER': -88,
   'FILE_QUOTED': -88,
   'FILE_SINGLE': -88,
   'FILE_TEMPLATE': -88,
   'FILE_WORD': -88}),
 (6, {'$END': -89, 'BLANK_LINE': -89, 'COMMENT_LINE': -89, 'JUNK_LINE': -89, 'PAIR_NAME': -89}),
 (13,
  {'$END': -90,
   'BLANK_LINE': -90,
   'COMMENT_LINE': -90,
   'JUNK': -90,
   'KEY': -90,
   'MORE': 66,
   'MORE_FOLDED': 63,
   'PERCENT': -90,
   'STAGE_KEY': -90,
   '_more': 107}),
 (6, {'$END': -91, 'BLANK_LINE': -91, 'COMMENT_LINE': -91, 'JUNK_LINE': -91, 'PAIR_NAME': -91}),
 (17,
  {'$END': -92,
   'BLANK_LINE': -92,
   'COMMENT': 59,
   'COMMENT_LINE': -92,
   'JUNK': -92,
   'KEY': -92,
   'NEWLINE': 57,
   'PERCENT': -92,
   'STAGE_KEY': -92}),
 (2, {'$END': -93, 'STAGE_KEY': 3, 'stage': 55, 'stage_field': 116, 'stage_head': 37}),
 (11,
  {'$END': -94,
   'BLANK_LINE': -94,
   'COMMENT_LINE': -94,
   'JUNK': -94,
   'KEY': -94,
   'NEWLINE': 72,
   'PERCENT': -94,
   'STAGE_KEY': -94}),
 (7,
  {'$END': -95,
   'BLANK_LINE': -95,
   'COMMENT_LINE': -95,
   'JUNK': -95,
   'KEY': -95,
   'PERCENT': -95,
   'STAGE_KEY': -95}),
 (14,
  {'$END': -96,
   'BLANK_LINE': -96,
   'COMMENT_LINE': -96,
   'FILE_GAP': -96,
   'FILE_OTHER': -96,
   'FILE_QUOTED': -96,
   'FILE_SINGLE': -96,
   'FILE_TEMPLATE': -96,
   'FILE_WORD': -96}),
 (7,
  {'$END': -97,
   'BLANK_LINE': -97,
   'COMMENT_LINE': -97,
   'JUNK': -97,
   'KEY': -97,
   'PERCENT': -97,
   'STAGE_KEY': -97}),
 (8, {'$END': -98, 'BODY': 10, 'PERCENT': -98, 'STAGE_KEY': -98}),
 (1, {'$END': -99, 'BODY': 117, 'NEWLINE': 81, 'PERCENT': -99, 'STAGE_KEY': -99}),
 (5, {'$END': -100, 'PERCENT': -100, 'STAGE_KEY': -100}), (12, {}),
 (6, {'$END': -101, 'BLANK_LINE': -101, 'COMMENT_LINE': -101, 'JUNK_LINE': -101, 'PAIR_NAME': -101}),
 (7,
  {'$END': -102,
   'BLANK_LINE': -102,
   'COMMENT_LINE': -102,
   'JUNK': -102,
   'KEY': -102,
   'PERCENT': -102,
   'STAGE_KEY': -102}),
 (7,
  {'$END': -103,
   'BLANK_LINE': -103,
   'COMMENT_LINE': -103,
   'JUNK': -103,
   'KEY': -103,
   'PERCENT': -103,
   'STAGE_KEY': -103}),
 (6, {'$END': -104, 'BLANK_LINE': -104, 'COMMENT_LINE': -104, 'JUNK_LINE': -104, 'PAIR_NAME': -104}),
 (20,
  {'$END': -105,
   'BLANK_LINE': -105,
   'COMMENT_LINE': -105,
   'LABEL_GAP': -105,
   'LABEL_KEY': -105,
   'NEWLINE': 88}),
 (17,
  {'$END': -106,
   'BLANK_LINE': -106,
   'COMMENT': 31,
   'COMMENT_LINE': -106,
   'JUNK': -106,
   'KEY': -106,
   'NEWLINE': 7,
   'PERCENT': -106,
   'STAGE_KEY': -106}),
 (7,
  {'$END': -107,
   'BLANK_LINE': -107,
   'COMMENT_LINE': -107,
   'JUNK': -107,
   'KEY': -107,
   'PERCENT': -107,
   'STAGE_KEY': -107}),
 (0, {'$END': -108, 'BLANK_LINE': -108, 'COMMENT_LINE': -108, 'LABEL_GAP': -108, 'LABEL_KEY': -108}),
 (14,
  {'$END': -109,
   'BLANK_LINE': -109,
   'COMMENT_LINE': -109,
   'FILE_GAP': -109,
   'FILE_OTHER': -109,
   'FILE_QUOTED': -109,
   'FILE_SINGLE': -109,
   'FILE_TEMPLATE': -109,
   'FILE_WORD': -109}),
 (15,
  {'$END': -110,
   'BLANK_LINE': -110,
   'COMMENT_LINE': -110,
   'LABEL_GAP': -110,
   'LABEL_KEY': -110,
   'LABEL_VALUE': 110,
   'NEWLINE': 46}),
 (7,
  {'$END': -111,
   'BLANK_LINE': 118,
   'COMMENT_LINE': 99,
   'JUNK': 96,
   'KEY': 47,
   'PERCENT': -111,
   'STAGE_KEY': -111,
   '__head_plus_2': 45,
   '_line': 32,
   'field': 16,
   'junk': 22}),
 (5, {'$END': -112, 'PERCENT': -112, 'STAGE_KEY': -112}),
 (7,
  {'$END': -113,
   'BLANK_LINE': -113,
   'COMMENT_LINE': -113,
   'JUNK': -113,
   'KEY': -113,
   'PERCENT': -113,
   'STAGE_KEY': -113}),
 (0, {'$END': -114, 'BLANK_LINE': 113, 'COMMENT_LINE': 122, 'LABEL_GAP': 44, 'LABEL_KEY': 27, 'label': 89}),
 (6, {'$END': -115, 'BLANK_LINE': -115, 'COMMENT_LINE': -115, 'JUNK_LINE': -115, 'PAIR_NAME': -115}),
 (7,
  {'$END': -116,
   'BLANK_LINE': -116,
   'COMMENT_LINE': -116,
   'JUNK': -116,
   'KEY': -116,
   'PERCENT': -116,
   'STAGE_KEY': -116}),
 (0, {'$END': -117, 'BLANK_LINE': -117, 'COMMENT_LINE': -117, 'LABEL_GAP': -117, 'LABEL_KEY': -117}),
 (20,
  {'$END': -118,
   'BLANK_LINE': -118,
   'COMMENT_LINE': -118,
   'LABEL_GAP': -118,
   'LABEL_KEY': -118,
   'NEWLINE': 0}),
 (7,
  {'$END': -119,
   'BLANK_LINE': -119,
   'COMMENT_LINE': -119,
   'JUNK': -119,
   'KEY': -119,
   'PERCENT': -119,
   'STAGE_KEY': -119}),
 (0, {'$END': -120, 'BLANK_LINE': -120, 'COMMENT_LINE': -120, 'LABEL_GAP': -120, 'LABEL_KEY': -120}),
 (5, {'$END': -121, 'PERCENT': -121, 'STAGE_KEY': -121})]
STARTS: Any = {'arguments': 18, 'definition': 42, 'files': 28, 'labels': 13}
ENDS: Any = {'arguments': 17, 'definition': 54, 'files': 65, 'labels': 105}
