"""The LALR tables of grammar.lark.  Written by `make grammar`; do not edit."""

from typing import Any

SCANNERS: Any = ['(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
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
 '(?P<BLANK_LINE>[ \t\r'
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
 '(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r\x0c\\v]*%+)', '(?P<STAGE_KEY>(?i:bootstrap:))', '',
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
 '(?P<LABEL_KEY>[^ \n]+)',
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
 '\\Z)|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
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
 ']+)',
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
 '#]+)']
RULES: Any = [('definition', 0), ('files', 0), ('arguments', 0), ('labels', 0), ('_line', 1), ('_line', 1), ('junk', 1),
 ('_value', 0), ('section', 1), ('definition', 1), ('definition', 1), ('head', 1), ('__head_plus_2', 1),
 ('_line', 1), ('definition', 1), ('_line', 1), ('__definition_star_0', 1), ('__definition_star_1', 1),
 ('stage_head', 1), ('stage', 1), ('__files_star_3', 1), ('__files_star_3', 1), ('_file_word', 1),
 ('_file_word', 1), ('_file_word', 1), ('_file_word', 1), ('_file_word', 1), ('_file_word', 1),
 ('last_copy', 1), ('files', 1), ('__copy_plus_4', 1), ('__files_star_3', 1), ('files', 1),
 ('__arguments_star_5', 1), ('__arguments_star_5', 1), ('junk_line', 1), ('pair', 1), ('arguments', 1),
 ('__arguments_star_5', 1), ('__arguments_star_5', 1), ('__labels_star_6', 1), ('__labels_star_6', 1),
 ('label', 1), ('labels', 1), ('__labels_star_6', 1), ('junk', 2), ('junk', 2), ('_value', 1), ('_value', 1),
 ('_value', 1), ('_value', 1), ('field', 2), ('section', 2), ('section', 2), ('section', 2), ('section', 2),
 ('stage_field', 2), ('definition', 2), ('__definition_star_0', 2), ('__definition_star_1', 2),
 ('__head_plus_2', 2), ('definition', 2), ('definition', 2), ('stage_head', 2), ('stage', 2), ('copy', 2),
 ('__copy_plus_4', 2), ('__files_star_3', 2), ('__files_star_3', 2), ('__files_star_3', 2), ('files', 2),
 ('junk_line', 2), ('pair', 2), ('pair', 2), ('__arguments_star_5', 2), ('__arguments_star_5', 2),
 ('__arguments_star_5', 2), ('__arguments_star_5', 2), ('label', 2), ('label', 2), ('label', 2),
 ('__labels_star_6', 2), ('__labels_star_6', 2), ('__labels_star_6', 2), ('junk', 3), ('_value', 2),
 ('_value', 2), ('_value', 2), ('_value', 2), ('_value', 2), ('section', 3), ('section', 3), ('section', 3),
 ('section', 3), ('section', 3), ('section', 3), ('definition', 3), ('pair', 3), ('label', 3), ('label', 3),
 ('label', 3), ('_value', 3), ('_more', 1), ('_more', 1), ('_value', 3), ('_value', 3), ('section', 4),
 ('section', 4), ('section', 4), ('section', 4), ('label', 4), ('_value', 4), ('_more', 2), ('_more', 2),
 ('_more', 2), ('_more', 2), ('section', 5), ('_more', 3), ('_more', 3), ('_more', 3), ('_more', 4)]
STATES: Any = [(0,
  {'$END': -1,
   'BLANK_LINE': 4,
   'COMMENT_LINE': 5,
   'JUNK': 6,
   'KEY': 7,
   'PERCENT': 8,
   'STAGE_KEY': 9,
   '__definition_star_0': 10,
   '__definition_star_1': 11,
   '__head_plus_2': 12,
   '_line': 13,
   'definition': 14,
   'field': 15,
   'head': 16,
   'junk': 17,
   'section': 18,
   'stage': 19,
   'stage_field': 20,
   'stage_head': 21}),
 (1,
  {'$END': -2,
   'BLANK_LINE': 22,
   'COMMENT_LINE': 23,
   'FILE_GAP': 24,
   'FILE_OTHER': 25,
   'FILE_QUOTED': 26,
   'FILE_SINGLE': 27,
   'FILE_TEMPLATE': 28,
   'FILE_WORD': 29,
   '__copy_plus_4': 30,
   '__files_star_3': 31,
   '_file_word': 32,
   'copy': 33,
   'files': 34,
   'last_copy': 35}),
 (2,
  {'$END': -3,
   'BLANK_LINE': 36,
   'COMMENT_LINE': 37,
   'JUNK_LINE': 38,
   'PAIR_NAME': 39,
   '__arguments_star_5': 40,
   'arguments': 41,
   'junk_line': 42,
   'pair': 43}),
 (3,
  {'$END': -4,
   'BLANK_LINE': 44,
   'COMMENT_LINE': 45,
   'LABEL_GAP': 46,
   'LABEL_KEY': 47,
   '__labels_star_6': 48,
   'label': 49,
   'labels': 50}),
 (0,
  {'$END': -5, 'BLANK_LINE': -5, 'COMMENT_LINE': -5, 'JUNK': -5, 'KEY': -5, 'PERCENT': -5, 'STAGE_KEY': -5}),
 (0,
  {'$END': -6, 'BLANK_LINE': -6, 'COMMENT_LINE': -6, 'JUNK': -6, 'KEY': -6, 'PERCENT': -6, 'STAGE_KEY': -6}),
 (4,
  {'$END': -7,
   'BLANK_LINE': -7,
   'COMMENT': 51,
   'COMMENT_LINE': -7,
   'JUNK': -7,
   'KEY': -7,
   'NEWLINE': 52,
   'PERCENT': -7,
   'STAGE_KEY': -7}),
 (5,
  {'$END': -8,
   'BLANK_LINE': -8,
   'COMMENT': 53,
   'COMMENT_LINE': -8,
   'FOLDED': 54,
   'JUNK': -8,
   'KEY': -8,
   'NEWLINE': 55,
   'PERCENT': -8,
   'STAGE_KEY': -8,
   'VALUE': 56,
   '_value': 57}),
 (6, {'$END': -9, 'BODY': 58, 'NAME': 59, 'NEWLINE': 60, 'PERCENT': -9, 'STAGE_KEY': -9, 'WORDS': 61}),
 (5,
  {'$END': -8,
   'BLANK_LINE': -8,
   'COMMENT': 53,
   'COMMENT_LINE': -8,
   'FOLDED': 54,
   'JUNK': -8,
   'KEY': -8,
   'NEWLINE': 55,
   'PERCENT': -8,
   'STAGE_KEY': -8,
   'VALUE': 56,
   '_value': 62}),
 (7,
  {'$END': -10,
   'PERCENT': 8,
   'STAGE_KEY': 9,
   '__definition_star_1': 63,
   'section': 64,
   'stage': 19,
   'stage_field': 20,
   'stage_head': 21}),
 (8, {'$END': -11, 'STAGE_KEY': 9, 'stage': 65, 'stage_field': 20, 'stage_head': 21}),
 (0,
  {'$END': -12,
   'BLANK_LINE': 4,
   'COMMENT_LINE': 5,
   'JUNK': 6,
   'KEY': 7,
   'PERCENT': -12,
   'STAGE_KEY': -12,
   '_line': 66,
   'field': 15,
   'junk': 17}),
 (0,
  {'$END': -13,
   'BLANK_LINE': -13,
   'COMMENT_LINE': -13,
   'JUNK': -13,
   'KEY': -13,
   'PERCENT': -13,
   'STAGE_KEY': -13}),
 (9, {}),
 (0,
  {'$END': -14,
   'BLANK_LINE': -14,
   'COMMENT_LINE': -14,
   'JUNK': -14,
   'KEY': -14,
   'PERCENT': -14,
   'STAGE_KEY': -14}),
 (7,
  {'$END': -15,
   'PERCENT': 8,
   'STAGE_KEY': 9,
   '__definition_star_0': 67,
   '__definition_star_1': 68,
   'section': 18,
   'stage': 19,
   'stage_field': 20,
   'stage_head': 21}),
 (0,
  {'$END': -16,
   'BLANK_LINE': -16,
   'COMMENT_LINE': -16,
   'JUNK': -16,
   'KEY': -16,
   'PERCENT': -16,
   'STAGE_KEY': -16}),
 (7, {'$END': -17, 'PERCENT': -17, 'STAGE_KEY': -17}), (8, {'$END': -18, 'STAGE_KEY': -18}),
 (0,
  {'$END': -19,
   'BLANK_LINE': 4,
   'COMMENT_LINE': 5,
   'JUNK': 6,
   'KEY': 7,
   'PERCENT': -19,
   'STAGE_KEY': -19,
   '__head_plus_2': 69,
   '_line': 13,
   'field': 15,
   'junk': 17}),
 (7, {'$END': -20, 'PERCENT': 8, 'STAGE_KEY': -20, '__definition_star_0': 70, 'section': 18}),
 (1,
  {'$END': -21,
   'BLANK_LINE': -21,
   'COMMENT_LINE': -21,
   'FILE_GAP': -21,
   'FILE_OTHER': -21,
   'FILE_QUOTED': -21,
   'FILE_SINGLE': -21,
   'FILE_TEMPLATE': -21,
   'FILE_WORD': -21}),
 (1,
  {'$END': -22,
   'BLANK_LINE': -22,
   'COMMENT_LINE': -22,
   'FILE_GAP': -22,
   'FILE_OTHER': -22,
   'FILE_QUOTED': -22,
   'FILE_SINGLE': -22,
   'FILE_TEMPLATE': -22,
   'FILE_WORD': -22}),
 (10,
  {'$END': -23,
   'FILE_GAP': -23,
   'FILE_OTHER': -23,
   'FILE_QUOTED': -23,
   'FILE_SINGLE': -23,
   'FILE_TEMPLATE': -23,
   'FILE_WORD': -23,
   'NEWLINE': -23}),
 (10,
  {'$END': -24,
   'FILE_GAP': -24,
   'FILE_OTHER': -24,
   'FILE_QUOTED': -24,
   'FILE_SINGLE': -24,
   'FILE_TEMPLATE': -24,
   'FILE_WORD': -24,
   'NEWLINE': -24}),
 (10,
  {'$END': -25,
   'FILE_GAP': -25,
   'FILE_OTHER': -25,
   'FILE_QUOTED': -25,
   'FILE_SINGLE': -25,
   'FILE_TEMPLATE': -25,
   'FILE_WORD': -25,
   'NEWLINE': -25}),
 (10,
  {'$END': -26,
   'FILE_GAP': -26,
   'FILE_OTHER': -26,
   'FILE_QUOTED': -26,
   'FILE_SINGLE': -26,
   'FILE_TEMPLATE': -26,
   'FILE_WORD': -26,
   'NEWLINE': -26}),
 (10,
  {'$END': -27,
   'FILE_GAP': -27,
   'FILE_OTHER': -27,
   'FILE_QUOTED': -27,
   'FILE_SINGLE': -27,
   'FILE_TEMPLATE': -27,
   'FILE_WORD': -27,
   'NEWLINE': -27}),
 (10,
  {'$END': -28,
   'FILE_GAP': -28,
   'FILE_OTHER': -28,
   'FILE_QUOTED': -28,
   'FILE_SINGLE': -28,
   'FILE_TEMPLATE': -28,
   'FILE_WORD': -28,
   'NEWLINE': -28}),
 (10,
  {'$END': -29,
   'FILE_GAP': 24,
   'FILE_OTHER': 25,
   'FILE_QUOTED': 26,
   'FILE_SINGLE': 27,
   'FILE_TEMPLATE': 28,
   'FILE_WORD': 29,
   'NEWLINE': 71,
   '_file_word': 72}),
 (1,
  {'$END': -30,
   'BLANK_LINE': 73,
   'COMMENT_LINE': 74,
   'FILE_GAP': 24,
   'FILE_OTHER': 25,
   'FILE_QUOTED': 26,
   'FILE_SINGLE': 27,
   'FILE_TEMPLATE': 28,
   'FILE_WORD': 29,
   '__copy_plus_4': 30,
   '_file_word': 32,
   'copy': 75,
   'last_copy': 76}),
 (10,
  {'$END': -31,
   'FILE_GAP': -31,
   'FILE_OTHER': -31,
   'FILE_QUOTED': -31,
   'FILE_SINGLE': -31,
   'FILE_TEMPLATE': -31,
   'FILE_WORD': -31,
   'NEWLINE': -31}),
 (1,
  {'$END': -32,
   'BLANK_LINE': -32,
   'COMMENT_LINE': -32,
   'FILE_GAP': -32,
   'FILE_OTHER': -32,
   'FILE_QUOTED': -32,
   'FILE_SINGLE': -32,
   'FILE_TEMPLATE': -32,
   'FILE_WORD': -32}),
 (9, {}), (9, {'$END': -33}),
 (2, {'$END': -34, 'BLANK_LINE': -34, 'COMMENT_LINE': -34, 'JUNK_LINE': -34, 'PAIR_NAME': -34}),
 (2, {'$END': -35, 'BLANK_LINE': -35, 'COMMENT_LINE': -35, 'JUNK_LINE': -35, 'PAIR_NAME': -35}),
 (11,
  {'$END': -36, 'BLANK_LINE': -36, 'COMMENT_LINE': -36, 'JUNK_LINE': -36, 'NEWLINE': 77, 'PAIR_NAME': -36}),
 (12,
  {'$END': -37,
   'BLANK_LINE': -37,
   'COMMENT_LINE': -37,
   'JUNK_LINE': -37,
   'NEWLINE': 78,
   'PAIR_NAME': -37,
   'PAIR_VALUE': 79}),
 (2,
  {'$END': -38,
   'BLANK_LINE': 80,
   'COMMENT_LINE': 81,
   'JUNK_LINE': 38,
   'PAIR_NAME': 39,
   'junk_line': 82,
   'pair': 83}),
 (9, {}), (2, {'$END': -39, 'BLANK_LINE': -39, 'COMMENT_LINE': -39, 'JUNK_LINE': -39, 'PAIR_NAME': -39}),
 (2, {'$END': -40, 'BLANK_LINE': -40, 'COMMENT_LINE': -40, 'JUNK_LINE': -40, 'PAIR_NAME': -40}),
 (3, {'$END': -41, 'BLANK_LINE': -41, 'COMMENT_LINE': -41, 'LABEL_GAP': -41, 'LABEL_KEY': -41}),
 (3, {'$END': -42, 'BLANK_LINE': -42, 'COMMENT_LINE': -42, 'LABEL_GAP': -42, 'LABEL_KEY': -42}),
 (13, {'LABEL_KEY': 84}),
 (14,
  {'$END': -43,
   'BLANK_LINE': -43,
   'COMMENT_LINE': -43,
   'LABEL_GAP': -43,
   'LABEL_KEY': -43,
   'LABEL_VALUE': 85,
   'NEWLINE': 86}),
 (3, {'$END': -44, 'BLANK_LINE': 87, 'COMMENT_LINE': 88, 'LABEL_GAP': 46, 'LABEL_KEY': 47, 'label': 89}),
 (3, {'$END': -45, 'BLANK_LINE': -45, 'COMMENT_LINE': -45, 'LABEL_GAP': -45, 'LABEL_KEY': -45}), (9, {}),
 (15,
  {'$END': -46,
   'BLANK_LINE': -46,
   'COMMENT_LINE': -46,
   'JUNK': -46,
   'KEY': -46,
   'NEWLINE': 90,
   'PERCENT': -46,
   'STAGE_KEY': -46}),
 (0,
  {'$END': -47,
   'BLANK_LINE': -47,
   'COMMENT_LINE': -47,
   'JUNK': -47,
   'KEY': -47,
   'PERCENT': -47,
   'STAGE_KEY': -47}),
 (15,
  {'$END': -48,
   'BLANK_LINE': -48,
   'COMMENT_LINE': -48,
   'JUNK': -48,
   'KEY': -48,
   'NEWLINE': 91,
   'PERCENT': -48,
   'STAGE_KEY': -48}),
 (4,
  {'$END': -49,
   'BLANK_LINE': -49,
   'COMMENT': 92,
   'COMMENT_LINE': -49,
   'JUNK': -49,
   'KEY': -49,
   'NEWLINE': 93,
   'PERCENT': -49,
   'STAGE_KEY': -49}),
 (0,
  {'$END': -50,
   'BLANK_LINE': -50,
   'COMMENT_LINE': -50,
   'JUNK': -50,
   'KEY': -50,
   'PERCENT': -50,
   'STAGE_KEY': -50}),
 (4,
  {'$END': -51,
   'BLANK_LINE': -51,
   'COMMENT': 94,
   'COMMENT_LINE': -51,
   'JUNK': -51,
   'KEY': -51,
   'NEWLINE': 95,
   'PERCENT': -51,
   'STAGE_KEY': -51}),
 (0,
  {'$END': -52,
   'BLANK_LINE': -52,
   'COMMENT_LINE': -52,
   'JUNK': -52,
   'KEY': -52,
   'PERCENT': -52,
   'STAGE_KEY': -52}),
 (7, {'$END': -53, 'PERCENT': -53, 'STAGE_KEY': -53}),
 (16, {'$END': -54, 'BODY': 96, 'NEWLINE': 97, 'PERCENT': -54, 'STAGE_KEY': -54, 'WORDS': 98}),
 (17, {'$END': -55, 'BODY': 99, 'PERCENT': -55, 'STAGE_KEY': -55}),
 (18, {'$END': -56, 'BODY': 100, 'NEWLINE': 101, 'PERCENT': -56, 'STAGE_KEY': -56}),
 (0,
  {'$END': -57,
   'BLANK_LINE': -57,
   'COMMENT_LINE': -57,
   'JUNK': -57,
   'KEY': -57,
   'PERCENT': -57,
   'STAGE_KEY': -57}),
 (8, {'$END': -58, 'STAGE_KEY': 9, 'stage': 65, 'stage_field': 20, 'stage_head': 21}),
 (7, {'$END': -59, 'PERCENT': -59, 'STAGE_KEY': -59}), (8, {'$END': -60, 'STAGE_KEY': -60}),
 (0,
  {'$END': -61,
   'BLANK_LINE': -61,
   'COMMENT_LINE': -61,
   'JUNK': -61,
   'KEY': -61,
   'PERCENT': -61,
   'STAGE_KEY': -61}),
 (7,
  {'$END': -62,
   'PERCENT': 8,
   'STAGE_KEY': 9,
   '__definition_star_1': 102,
   'section': 64,
   'stage': 19,
   'stage_field': 20,
   'stage_head': 21}),
 (8, {'$END': -63, 'STAGE_KEY': 9, 'stage': 65, 'stage_field': 20, 'stage_head': 21}),
 (0,
  {'$END': -64,
   'BLANK_LINE': 4,
   'COMMENT_LINE': 5,
   'JUNK': 6,
   'KEY': 7,
   'PERCENT': -64,
   'STAGE_KEY': -64,
   '_line': 66,
   'field': 15,
   'junk': 17}),
 (7, {'$END': -65, 'PERCENT': 8, 'STAGE_KEY': -65, 'section': 64}),
 (1,
  {'$END': -66,
   'BLANK_LINE': -66,
   'COMMENT_LINE': -66,
   'FILE_GAP': -66,
   'FILE_OTHER': -66,
   'FILE_QUOTED': -66,
   'FILE_SINGLE': -66,
   'FILE_TEMPLATE': -66,
   'FILE_WORD': -66}),
 (10,
  {'$END': -67,
   'FILE_GAP': -67,
   'FILE_OTHER': -67,
   'FILE_QUOTED': -67,
   'FILE_SINGLE': -67,
   'FILE_TEMPLATE': -67,
   'FILE_WORD': -67,
   'NEWLINE': -67}),
 (1,
  {'$END': -68,
   'BLANK_LINE': -68,
   'COMMENT_LINE': -68,
   'FILE_GAP': -68,
   'FILE_OTHER': -68,
   'FILE_QUOTED': -68,
   'FILE_SINGLE': -68,
   'FILE_TEMPLATE': -68,
   'FILE_WORD': -68}),
 (1,
  {'$END': -69,
   'BLANK_LINE': -69,
   'COMMENT_LINE': -69,
   'FILE_GAP': -69,
   'FILE_OTHER': -69,
   'FILE_QUOTED': -69,
   'FILE_SINGLE': -69,
   'FILE_TEMPLATE': -69,
   'FILE_WORD': -69}),
 (1,
  {'$END': -70,
   'BLANK_LINE': -70,
   'COMMENT_LINE': -70,
   'FILE_GAP': -70,
   'FILE_OTHER': -70,
   'FILE_QUOTED': -70,
   'FILE_SINGLE': -70,
   'FILE_TEMPLATE': -70,
   'FILE_WORD': -70}),
 (9, {'$END': -71}),
 (2, {'$END': -72, 'BLANK_LINE': -72, 'COMMENT_LINE': -72, 'JUNK_LINE': -72, 'PAIR_NAME': -72}),
 (2, {'$END': -73, 'BLANK_LINE': -73, 'COMMENT_LINE': -73, 'JUNK_LINE': -73, 'PAIR_NAME': -73}),
 (11,
  {'$END': -74, 'BLANK_LINE': -74, 'COMMENT_LINE': -74, 'JUNK_LINE': -74, 'NEWLINE': 103, 'PAIR_NAME': -74}),
 (2, {'$END': -75, 'BLANK_LINE': -75, 'COMMENT_LINE': -75, 'JUNK_LINE': -75, 'PAIR_NAME': -75}),
 (2, {'$END': -76, 'BLANK_LINE': -76, 'COMMENT_LINE': -76, 'JUNK_LINE': -76, 'PAIR_NAME': -76}),
 (2, {'$END': -77, 'BLANK_LINE': -77, 'COMMENT_LINE': -77, 'JUNK_LINE': -77, 'PAIR_NAME': -77}),
 (2, {'$END': -78, 'BLANK_LINE': -78, 'COMMENT_LINE': -78, 'JUNK_LINE': -78, 'PAIR_NAME': -78}),
 (14,
  {'$END': -79,
   'BLANK_LINE': -79,
   'COMMENT_LINE': -79,
   'LABEL_GAP': -79,
   'LABEL_KEY': -79,
   'LABEL_VALUE': 104,
   'NEWLINE': 105}),
 (19,
  {'$END': -80, 'BLANK_LINE': -80, 'COMMENT_LINE': -80, 'LABEL_GAP': -80, 'LABEL_KEY': -80, 'NEWLINE': 106}),
 (3, {'$END': -81, 'BLANK_LINE': -81, 'COMMENT_LINE': -81, 'LABEL_GAP': -81, 'LABEL_KEY': -81}),
 (3, {'$END': -82, 'BLANK_LINE': -82, 'COMMENT_LINE': -82, 'LABEL_GAP': -82, 'LABEL_KEY': -82}),
 (3, {'$END': -83, 'BLANK_LINE': -83, 'COMMENT_LINE': -83, 'LABEL_GAP': -83, 'LABEL_KEY': -83}),
 (3, {'$END': -84, 'BLANK_LINE': -84, 'COMMENT_LINE': -84, 'LABEL_GAP': -84, 'LABEL_KEY': -84}),
 (0,
  {'$END': -85,
   'BLANK_LINE': -85,
   'COMMENT_LINE': -85,
   'JUNK': -85,
   'KEY': -85,
   'PERCENT': -85,
   'STAGE_KEY': -85}),
 (0,
  {'$END': -86,
   'BLANK_LINE': -86,
   'COMMENT_LINE': -86,
   'JUNK': -86,
   'KEY': -86,
   'PERCENT': -86,
   'STAGE_KEY': -86}),
 (15,
  {'$END': -87,
   'BLANK_LINE': -87,
   'COMMENT_LINE': -87,
   'JUNK': -87,
   'KEY': -87,
   'NEWLINE': 107,
   'PERCENT': -87,
   'STAGE_KEY': -87}),
 (20,
  {'$END': -88,
   'BLANK_LINE': -88,
   'COMMENT_LINE': -88,
   'JUNK': -88,
   'KEY': -88,
   'MORE': 108,
   'MORE_FOLDED': 109,
   'PERCENT': -88,
   'STAGE_KEY': -88,
   '_more': 110}),
 (15,
  {'$END': -89,
   'BLANK_LINE': -89,
   'COMMENT_LINE': -89,
   'JUNK': -89,
   'KEY': -89,
   'NEWLINE': 111,
   'PERCENT': -89,
   'STAGE_KEY': -89}),
 (0,
  {'$END': -90,
   'BLANK_LINE': -90,
   'COMMENT_LINE': -90,
   'JUNK': -90,
   'KEY': -90,
   'PERCENT': -90,
   'STAGE_KEY': -90}),
 (7, {'$END': -91, 'PERCENT': -91, 'STAGE_KEY': -91}),
 (17, {'$END': -92, 'BODY': 112, 'PERCENT': -92, 'STAGE_KEY': -92}),
 (18, {'$END': -93, 'BODY': 113, 'NEWLINE': 114, 'PERCENT': -93, 'STAGE_KEY': -93}),
 (7, {'$END': -94, 'PERCENT': -94, 'STAGE_KEY': -94}), (7, {'$END': -95, 'PERCENT': -95, 'STAGE_KEY': -95}),
 (17, {'$END': -96, 'BODY': 115, 'PERCENT': -96, 'STAGE_KEY': -96}),
 (8, {'$END': -97, 'STAGE_KEY': 9, 'stage': 65, 'stage_field': 20, 'stage_head': 21}),
 (2, {'$END': -98, 'BLANK_LINE': -98, 'COMMENT_LINE': -98, 'JUNK_LINE': -98, 'PAIR_NAME': -98}),
 (19,
  {'$END': -99, 'BLANK_LINE': -99, 'COMMENT_LINE': -99, 'LABEL_GAP': -99, 'LABEL_KEY': -99, 'NEWLINE': 116}),
 (3, {'$END': -100, 'BLANK_LINE': -100, 'COMMENT_LINE': -100, 'LABEL_GAP': -100, 'LABEL_KEY': -100}),
 (3, {'$END': -101, 'BLANK_LINE': -101, 'COMMENT_LINE': -101, 'LABEL_GAP': -101, 'LABEL_KEY': -101}),
 (20,
  {'$END': -102,
   'BLANK_LINE': -102,
   'COMMENT_LINE': -102,
   'JUNK': -102,
   'KEY': -102,
   'MORE': 108,
   'MORE_FOLDED': 109,
   'PERCENT': -102,
   'STAGE_KEY': -102,
   '_more': 117}),
 (4,
  {'$END': -103,
   'BLANK_LINE': -103,
   'COMMENT': 118,
   'COMMENT_LINE': -103,
   'JUNK': -103,
   'KEY': -103,
   'NEWLINE': 119,
   'PERCENT': -103,
   'STAGE_KEY': -103}),
 (4,
  {'$END': -104,
   'BLANK_LINE': -104,
   'COMMENT': 120,
   'COMMENT_LINE': -104,
   'JUNK': -104,
   'KEY': -104,
   'NEWLINE': 121,
   'PERCENT': -104,
   'STAGE_KEY': -104}),
 (0,
  {'$END': -105,
   'BLANK_LINE': -105,
   'COMMENT_LINE': -105,
   'JUNK': -105,
   'KEY': -105,
   'PERCENT': -105,
   'STAGE_KEY': -105}),
 (0,
  {'$END': -106,
   'BLANK_LINE': -106,
   'COMMENT_LINE': -106,
   'JUNK': -106,
   'KEY': -106,
   'PERCENT': -106,
   'STAGE_KEY': -106}),
 (7, {'$END': -107, 'PERCENT': -107, 'STAGE_KEY': -107}),
 (7, {'$END': -108, 'PERCENT': -108, 'STAGE_KEY': -108}),
 (17, {'$END': -109, 'BODY': 122, 'PERCENT': -109, 'STAGE_KEY': -109}),
 (7, {'$END': -110, 'PERCENT': -110, 'STAGE_KEY': -110}),
 (3, {'$END': -111, 'BLANK_LINE': -111, 'COMMENT_LINE': -111, 'LABEL_GAP': -111, 'LABEL_KEY': -111}),
 (0,
  {'$END': -112,
   'BLANK_LINE': -112,
   'COMMENT_LINE': -112,
   'JUNK': -112,
   'KEY': -112,
   'PERCENT': -112,
   'STAGE_KEY': -112}),
 (15,
  {'$END': -113,
   'BLANK_LINE': -113,
   'COMMENT_LINE': -113,
   'JUNK': -113,
   'KEY': -113,
   'NEWLINE': 123,
   'PERCENT': -113,
   'STAGE_KEY': -113}),
 (0,
  {'$END': -114,
   'BLANK_LINE': -114,
   'COMMENT_LINE': -114,
   'JUNK': -114,
   'KEY': -114,
   'PERCENT': -114,
   'STAGE_KEY': -114}),
 (15,
  {'$END': -115,
   'BLANK_LINE': -115,
   'COMMENT_LINE': -115,
   'JUNK': -115,
   'KEY': -115,
   'NEWLINE': 124,
   'PERCENT': -115,
   'STAGE_KEY': -115}),
 (20,
  {'$END': -116,
   'BLANK_LINE': -116,
   'COMMENT_LINE': -116,
   'JUNK': -116,
   'KEY': -116,
   'MORE': 108,
   'MORE_FOLDED': 109,
   'PERCENT': -116,
   'STAGE_KEY': -116,
   '_more': 125}),
 (7, {'$END': -117, 'PERCENT': -117, 'STAGE_KEY': -117}),
 (0,
  {'$END': -118,
   'BLANK_LINE': -118,
   'COMMENT_LINE': -118,
   'JUNK': -118,
   'KEY': -118,
   'PERCENT': -118,
   'STAGE_KEY': -118}),
 (20,
  {'$END': -119,
   'BLANK_LINE': -119,
   'COMMENT_LINE': -119,
   'JUNK': -119,
   'KEY': -119,
   'MORE': 108,
   'MORE_FOLDED': 109,
   'PERCENT': -119,
   'STAGE_KEY': -119,
   '_more': 126}),
 (0,
  {'$END': -120,
   'BLANK_LINE': -120,
   'COMMENT_LINE': -120,
   'JUNK': -120,
   'KEY': -120,
   'PERCENT': -120,
   'STAGE_KEY': -120}),
 (0,
  {'$END': -121,
   'BLANK_LINE': -121,
   'COMMENT_LINE': -121,
   'JUNK': -121,
   'KEY': -121,
   'PERCENT': -121,
   'STAGE_KEY': -121})]
STARTS: Any = {'arguments': 2, 'definition': 0, 'files': 1, 'labels': 3}
ENDS: Any = {'arguments': 41, 'definition': 14, 'files': 34, 'labels': 50}
