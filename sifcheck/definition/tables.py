"""The LALR tables of grammar.lark.  Written by `make grammar`; do not edit."""

from typing import Any

SCANNERS: Any = ['(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r\x0c\\v]*%+)',
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
 '(?P<STAGE_KEY>(?i:bootstrap:))',
 '(?P<NEWLINE>\n'
 ')|(?P<LABEL_VALUE> [^\n'
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
 '(?P<NEWLINE>\n'
 ')|(?P<BLANK_LINE>[ \t\r'
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
 '',
 '(?P<NEWLINE>\n'
 ')|(?P<FILE_TEMPLATE>(?:[^ \t\n'
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
 '(?P<LABEL_KEY>[^ \n]+)',
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
 '(?P<NEWLINE>\n'
 ')|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
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
 '(?P<NEWLINE>\n'
 ')|(?P<PAIR_VALUE>[^\n'
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
 '(?P<NEWLINE>\n'
 ')|(?P<COMMENT>#[^\n'
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
 '(?P<NEWLINE>\n'
 ')|(?P<NAME>(?:[^ \r\n'
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
 '(?P<NEWLINE>\n'
 ')|(?P<STAGE_KEY>(?i:bootstrap:))|(?P<PERCENT>[ \t\r'
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
 '(?P<NEWLINE>\n'
 ')|(?P<WORDS> (?:[^\r\n'
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
 '(?P<NEWLINE>\n'
 ')|(?P<BLANK_LINE>[ \t\r'
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
 '(?P<NEWLINE>\n'
 ')|(?P<FOLDED>[ \t\r'
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
 '#]+)']
RULES: Any = [('section', 3), ('junk_line', 2), ('_value', 3), ('definition', 3), ('label', 1), ('__arguments_star_5', 1),
 ('head', 1), ('__labels_star_6', 1), ('junk_line', 1), ('stage', 2), ('arguments', 1), ('_file_word', 1),
 ('__arguments_star_5', 1), ('_file_word', 1), ('__arguments_star_5', 1), ('_value', 2), ('_value', 2),
 ('junk', 3), ('stage_field', 2), ('_file_word', 1), ('label', 3), ('_file_word', 1), ('pair', 1),
 ('__arguments_star_5', 1), ('section', 5), ('label', 4), ('definition', 2), ('_more', 3), ('_more', 1),
 ('section', 1), ('definition', 1), ('_value', 3), ('definition', 2), ('_value', 4), ('_more', 2),
 ('section', 2), ('_more', 2), ('_value', 1), ('_more', 3), ('_more', 4), ('_line', 1), ('_more', 3),
 ('field', 2), ('_more', 2), ('stage_head', 2), ('_more', 2), ('__definition_star_0', 2),
 ('__head_plus_2', 2), ('arguments', 0), ('_line', 1), ('labels', 0), ('junk', 1), ('definition', 1),
 ('_value', 1), ('_value', 2), ('section', 2), ('_value', 1), ('_value', 1), ('__labels_star_6', 1),
 ('copy', 2), ('_line', 1), ('section', 2), ('_value', 2), ('section', 2), ('pair', 2), ('definition', 0),
 ('__labels_star_6', 1), ('files', 2), ('__arguments_star_5', 2), ('__head_plus_2', 1), ('label', 3),
 ('_value', 0), ('__definition_star_1', 1), ('__copy_plus_4', 2), ('__files_star_3', 2),
 ('__arguments_star_5', 2), ('last_copy', 1), ('__files_star_3', 2), ('stage', 1), ('stage_head', 1),
 ('label', 2), ('__files_star_3', 2), ('junk', 2), ('labels', 1), ('__definition_star_0', 1), ('section', 4),
 ('__arguments_star_5', 2), ('definition', 1), ('pair', 2), ('definition', 2), ('files', 0), ('section', 3),
 ('_file_word', 1), ('__files_star_3', 1), ('label', 2), ('_more', 1), ('files', 1), ('label', 3),
 ('section', 4), ('label', 2), ('__arguments_star_5', 2), ('__files_star_3', 1), ('section', 4), ('pair', 3),
 ('section', 4), ('_value', 2), ('__files_star_3', 1), ('section', 3), ('_line', 1), ('files', 1),
 ('__labels_star_6', 2), ('junk', 2), ('__labels_star_6', 2), ('__definition_star_1', 2),
 ('__labels_star_6', 2), ('__copy_plus_4', 1), ('section', 3), ('_file_word', 1), ('section', 3),
 ('section', 3), ('_value', 3)]
STATES: Any = [(0, {'$END': -1, 'PERCENT': -1, 'STAGE_KEY': -1}),
 (1, {'$END': -2, 'BLANK_LINE': -2, 'COMMENT_LINE': -2, 'JUNK_LINE': -2, 'PAIR_NAME': -2}),
 (2,
  {'$END': -3, 'BLANK_LINE': -3, 'COMMENT_LINE': -3, 'JUNK': -3, 'KEY': -3, 'PERCENT': -3, 'STAGE_KEY': -3}),
 (3, {'$END': -4, 'STAGE_KEY': 76, 'stage': 119, 'stage_field': 84, 'stage_head': 83}),
 (4,
  {'$END': -5,
   'BLANK_LINE': -5,
   'COMMENT_LINE': -5,
   'LABEL_GAP': -5,
   'LABEL_KEY': -5,
   'LABEL_VALUE': 105,
   'NEWLINE': 100}),
 (1, {'$END': -6, 'BLANK_LINE': -6, 'COMMENT_LINE': -6, 'JUNK_LINE': -6, 'PAIR_NAME': -6}),
 (2,
  {'$END': -7,
   'BLANK_LINE': 44,
   'COMMENT_LINE': 53,
   'JUNK': 56,
   'KEY': 88,
   'PERCENT': -7,
   'STAGE_KEY': -7,
   '_line': 51,
   'field': 65,
   'junk': 114}),
 (5, {'$END': -8, 'BLANK_LINE': -8, 'COMMENT_LINE': -8, 'LABEL_GAP': -8, 'LABEL_KEY': -8}),
 (6, {'$END': -9, 'BLANK_LINE': -9, 'COMMENT_LINE': -9, 'JUNK_LINE': -9, 'NEWLINE': 1, 'PAIR_NAME': -9}),
 (0, {'$END': -10, 'PERCENT': 31, 'STAGE_KEY': -10, 'section': 50}), (7, {}),
 (1,
  {'$END': -11,
   'BLANK_LINE': 73,
   'COMMENT_LINE': 106,
   'JUNK_LINE': 8,
   'PAIR_NAME': 24,
   'junk_line': 80,
   'pair': 92}),
 (8,
  {'$END': -12,
   'FILE_GAP': -12,
   'FILE_OTHER': -12,
   'FILE_QUOTED': -12,
   'FILE_SINGLE': -12,
   'FILE_TEMPLATE': -12,
   'FILE_WORD': -12,
   'NEWLINE': -12}),
 (9, {'LABEL_KEY': 85}),
 (1, {'$END': -13, 'BLANK_LINE': -13, 'COMMENT_LINE': -13, 'JUNK_LINE': -13, 'PAIR_NAME': -13}),
 (8,
  {'$END': -14,
   'FILE_GAP': -14,
   'FILE_OTHER': -14,
   'FILE_QUOTED': -14,
   'FILE_SINGLE': -14,
   'FILE_TEMPLATE': -14,
   'FILE_WORD': -14,
   'NEWLINE': -14}),
 (1, {'$END': -15, 'BLANK_LINE': -15, 'COMMENT_LINE': -15, 'JUNK_LINE': -15, 'PAIR_NAME': -15}),
 (10,
  {'$END': -16,
   'BLANK_LINE': -16,
   'COMMENT_LINE': -16,
   'JUNK': -16,
   'KEY': -16,
   'MORE': 101,
   'MORE_FOLDED': 30,
   'PERCENT': -16,
   'STAGE_KEY': -16,
   '_more': 33}),
 (11,
  {'$END': -17,
   'BLANK_LINE': -17,
   'COMMENT_LINE': -17,
   'JUNK': -17,
   'KEY': -17,
   'NEWLINE': 126,
   'PERCENT': -17,
   'STAGE_KEY': -17}),
 (2,
  {'$END': -18,
   'BLANK_LINE': -18,
   'COMMENT_LINE': -18,
   'JUNK': -18,
   'KEY': -18,
   'PERCENT': -18,
   'STAGE_KEY': -18}),
 (2,
  {'$END': -19,
   'BLANK_LINE': -19,
   'COMMENT_LINE': -19,
   'JUNK': -19,
   'KEY': -19,
   'PERCENT': -19,
   'STAGE_KEY': -19}),
 (8,
  {'$END': -20,
   'FILE_GAP': -20,
   'FILE_OTHER': -20,
   'FILE_QUOTED': -20,
   'FILE_SINGLE': -20,
   'FILE_TEMPLATE': -20,
   'FILE_WORD': -20,
   'NEWLINE': -20}),
 (5, {'$END': -21, 'BLANK_LINE': -21, 'COMMENT_LINE': -21, 'LABEL_GAP': -21, 'LABEL_KEY': -21}),
 (8,
  {'$END': -22,
   'FILE_GAP': -22,
   'FILE_OTHER': -22,
   'FILE_QUOTED': -22,
   'FILE_SINGLE': -22,
   'FILE_TEMPLATE': -22,
   'FILE_WORD': -22,
   'NEWLINE': -22}),
 (12,
  {'$END': -23,
   'BLANK_LINE': -23,
   'COMMENT_LINE': -23,
   'JUNK_LINE': -23,
   'NEWLINE': 94,
   'PAIR_NAME': -23,
   'PAIR_VALUE': 69}),
 (1, {'$END': -24, 'BLANK_LINE': -24, 'COMMENT_LINE': -24, 'JUNK_LINE': -24, 'PAIR_NAME': -24}),
 (0, {'$END': -25, 'PERCENT': -25, 'STAGE_KEY': -25}),
 (5, {'$END': -26, 'BLANK_LINE': -26, 'COMMENT_LINE': -26, 'LABEL_GAP': -26, 'LABEL_KEY': -26}),
 (0,
  {'$END': -27,
   'PERCENT': 31,
   'STAGE_KEY': 76,
   '__definition_star_1': 3,
   'section': 50,
   'stage': 77,
   'stage_field': 84,
   'stage_head': 83}),
 (10,
  {'$END': -28,
   'BLANK_LINE': -28,
   'COMMENT_LINE': -28,
   'JUNK': -28,
   'KEY': -28,
   'MORE': 101,
   'MORE_FOLDED': 30,
   'PERCENT': -28,
   'STAGE_KEY': -28,
   '_more': 43}),
 (13,
  {'$END': -29,
   'BLANK_LINE': -29,
   'COMMENT': 47,
   'COMMENT_LINE': -29,
   'JUNK': -29,
   'KEY': -29,
   'NEWLINE': 49,
   'PERCENT': -29,
   'STAGE_KEY': -29}),
 (14, {'$END': -30, 'BODY': 66, 'NAME': 68, 'NEWLINE': 60, 'PERCENT': -30, 'STAGE_KEY': -30, 'WORDS': 38}),
 (0,
  {'$END': -31,
   'PERCENT': 31,
   'STAGE_KEY': 76,
   '__definition_star_0': 28,
   '__definition_star_1': 34,
   'section': 90,
   'stage': 77,
   'stage_field': 84,
   'stage_head': 83}),
 (2,
  {'$END': -32,
   'BLANK_LINE': -32,
   'COMMENT_LINE': -32,
   'JUNK': -32,
   'KEY': -32,
   'PERCENT': -32,
   'STAGE_KEY': -32}),
 (3, {'$END': -33, 'STAGE_KEY': 76, 'stage': 119, 'stage_field': 84, 'stage_head': 83}),
 (2,
  {'$END': -34,
   'BLANK_LINE': -34,
   'COMMENT_LINE': -34,
   'JUNK': -34,
   'KEY': -34,
   'PERCENT': -34,
   'STAGE_KEY': -34}),
 (7, {}),
 (11,
  {'$END': -35,
   'BLANK_LINE': -35,
   'COMMENT_LINE': -35,
   'JUNK': -35,
   'KEY': -35,
   'NEWLINE': 45,
   'PERCENT': -35,
   'STAGE_KEY': -35}),
 (15, {'$END': -36, 'BODY': 122, 'NEWLINE': 97, 'PERCENT': -36, 'STAGE_KEY': -36}), (7, {}),
 (2,
  {'$END': -37,
   'BLANK_LINE': -37,
   'COMMENT_LINE': -37,
   'JUNK': -37,
   'KEY': -37,
   'PERCENT': -37,
   'STAGE_KEY': -37}),
 (13,
  {'$END': -38,
   'BLANK_LINE': -38,
   'COMMENT': 18,
   'COMMENT_LINE': -38,
   'JUNK': -38,
   'KEY': -38,
   'NEWLINE': 17,
   'PERCENT': -38,
   'STAGE_KEY': -38}),
 (2,
  {'$END': -39,
   'BLANK_LINE': -39,
   'COMMENT_LINE': -39,
   'JUNK': -39,
   'KEY': -39,
   'PERCENT': -39,
   'STAGE_KEY': -39}),
 (2,
  {'$END': -40,
   'BLANK_LINE': -40,
   'COMMENT_LINE': -40,
   'JUNK': -40,
   'KEY': -40,
   'PERCENT': -40,
   'STAGE_KEY': -40}),
 (2,
  {'$END': -41,
   'BLANK_LINE': -41,
   'COMMENT_LINE': -41,
   'JUNK': -41,
   'KEY': -41,
   'PERCENT': -41,
   'STAGE_KEY': -41}),
 (2,
  {'$END': -42,
   'BLANK_LINE': -42,
   'COMMENT_LINE': -42,
   'JUNK': -42,
   'KEY': -42,
   'PERCENT': -42,
   'STAGE_KEY': -42}),
 (2,
  {'$END': -43,
   'BLANK_LINE': -43,
   'COMMENT_LINE': -43,
   'JUNK': -43,
   'KEY': -43,
   'PERCENT': -43,
   'STAGE_KEY': -43}),
 (11,
  {'$END': -44,
   'BLANK_LINE': -44,
   'COMMENT_LINE': -44,
   'JUNK': -44,
   'KEY': -44,
   'NEWLINE': 29,
   'PERCENT': -44,
   'STAGE_KEY': -44}),
 (2,
  {'$END': -45,
   'BLANK_LINE': 44,
   'COMMENT_LINE': 53,
   'JUNK': 56,
   'KEY': 88,
   'PERCENT': -45,
   'STAGE_KEY': -45,
   '_line': 51,
   'field': 65,
   'junk': 114}),
 (10,
  {'$END': -46,
   'BLANK_LINE': -46,
   'COMMENT_LINE': -46,
   'JUNK': -46,
   'KEY': -46,
   'MORE': 101,
   'MORE_FOLDED': 30,
   'PERCENT': -46,
   'STAGE_KEY': -46,
   '_more': 42}),
 (0, {'$END': -47, 'PERCENT': -47, 'STAGE_KEY': -47}),
 (2,
  {'$END': -48,
   'BLANK_LINE': -48,
   'COMMENT_LINE': -48,
   'JUNK': -48,
   'KEY': -48,
   'PERCENT': -48,
   'STAGE_KEY': -48}),
 (1,
  {'$END': -49,
   'BLANK_LINE': 25,
   'COMMENT_LINE': 14,
   'JUNK_LINE': 8,
   'PAIR_NAME': 24,
   '__arguments_star_5': 11,
   'arguments': 36,
   'junk_line': 5,
   'pair': 16}),
 (2,
  {'$END': -50,
   'BLANK_LINE': -50,
   'COMMENT_LINE': -50,
   'JUNK': -50,
   'KEY': -50,
   'PERCENT': -50,
   'STAGE_KEY': -50}),
 (7, {}),
 (5,
  {'$END': -51,
   'BLANK_LINE': 71,
   'COMMENT_LINE': 63,
   'LABEL_GAP': 13,
   'LABEL_KEY': 4,
   '__labels_star_6': 89,
   'label': 7,
   'labels': 54}),
 (13,
  {'$END': -52,
   'BLANK_LINE': -52,
   'COMMENT': 117,
   'COMMENT_LINE': -52,
   'JUNK': -52,
   'KEY': -52,
   'NEWLINE': 87,
   'PERCENT': -52,
   'STAGE_KEY': -52}),
 (0,
  {'$END': -53,
   'PERCENT': 31,
   'STAGE_KEY': 76,
   '__definition_star_1': 95,
   'section': 50,
   'stage': 77,
   'stage_field': 84,
   'stage_head': 83}),
 (13,
  {'$END': -54,
   'BLANK_LINE': -54,
   'COMMENT': 111,
   'COMMENT_LINE': -54,
   'JUNK': -54,
   'KEY': -54,
   'NEWLINE': 67,
   'PERCENT': -54,
   'STAGE_KEY': -54}),
 (2,
  {'$END': -55,
   'BLANK_LINE': -55,
   'COMMENT_LINE': -55,
   'JUNK': -55,
   'KEY': -55,
   'PERCENT': -55,
   'STAGE_KEY': -55}),
 (16, {'$END': -56, 'BODY': 124, 'PERCENT': -56, 'STAGE_KEY': -56}),
 (11,
  {'$END': -57,
   'BLANK_LINE': -57,
   'COMMENT_LINE': -57,
   'JUNK': -57,
   'KEY': -57,
   'NEWLINE': 59,
   'PERCENT': -57,
   'STAGE_KEY': -57}),
 (2,
  {'$END': -58,
   'BLANK_LINE': -58,
   'COMMENT_LINE': -58,
   'JUNK': -58,
   'KEY': -58,
   'PERCENT': -58,
   'STAGE_KEY': -58}),
 (5, {'$END': -59, 'BLANK_LINE': -59, 'COMMENT_LINE': -59, 'LABEL_GAP': -59, 'LABEL_KEY': -59}),
 (17,
  {'$END': -60,
   'BLANK_LINE': -60,
   'COMMENT_LINE': -60,
   'FILE_GAP': -60,
   'FILE_OTHER': -60,
   'FILE_QUOTED': -60,
   'FILE_SINGLE': -60,
   'FILE_TEMPLATE': -60,
   'FILE_WORD': -60}),
 (2,
  {'$END': -61,
   'BLANK_LINE': -61,
   'COMMENT_LINE': -61,
   'JUNK': -61,
   'KEY': -61,
   'PERCENT': -61,
   'STAGE_KEY': -61}),
 (0, {'$END': -62, 'PERCENT': -62, 'STAGE_KEY': -62}),
 (2,
  {'$END': -63,
   'BLANK_LINE': -63,
   'COMMENT_LINE': -63,
   'JUNK': -63,
   'KEY': -63,
   'PERCENT': -63,
   'STAGE_KEY': -63}),
 (18, {'$END': -64, 'BODY': 0, 'NEWLINE': 113, 'PERCENT': -64, 'STAGE_KEY': -64, 'WORDS': 125}),
 (6,
  {'$END': -65, 'BLANK_LINE': -65, 'COMMENT_LINE': -65, 'JUNK_LINE': -65, 'NEWLINE': 109, 'PAIR_NAME': -65}),
 (2,
  {'$END': -66,
   'BLANK_LINE': 44,
   'COMMENT_LINE': 53,
   'JUNK': 56,
   'KEY': 88,
   'PERCENT': 31,
   'STAGE_KEY': 76,
   '__definition_star_0': 57,
   '__definition_star_1': 93,
   '__head_plus_2': 6,
   '_line': 74,
   'definition': 39,
   'field': 65,
   'head': 32,
   'junk': 114,
   'section': 90,
   'stage': 77,
   'stage_field': 84,
   'stage_head': 83}),
 (5, {'$END': -67, 'BLANK_LINE': -67, 'COMMENT_LINE': -67, 'LABEL_GAP': -67, 'LABEL_KEY': -67}),
 (7, {'$END': -68}),
 (1, {'$END': -69, 'BLANK_LINE': -69, 'COMMENT_LINE': -69, 'JUNK_LINE': -69, 'PAIR_NAME': -69}),
 (2,
  {'$END': -70,
   'BLANK_LINE': -70,
   'COMMENT_LINE': -70,
   'JUNK': -70,
   'KEY': -70,
   'PERCENT': -70,
   'STAGE_KEY': -70}),
 (19,
  {'$END': -71, 'BLANK_LINE': -71, 'COMMENT_LINE': -71, 'LABEL_GAP': -71, 'LABEL_KEY': -71, 'NEWLINE': 27}),
 (20,
  {'$END': -72,
   'BLANK_LINE': -72,
   'COMMENT': 61,
   'COMMENT_LINE': -72,
   'FOLDED': 41,
   'JUNK': -72,
   'KEY': -72,
   'NEWLINE': 62,
   'PERCENT': -72,
   'STAGE_KEY': -72,
   'VALUE': 58,
   '_value': 20}),
 (3, {'$END': -73, 'STAGE_KEY': -73}),
 (8,
  {'$END': -74,
   'FILE_GAP': -74,
   'FILE_OTHER': -74,
   'FILE_QUOTED': -74,
   'FILE_SINGLE': -74,
   'FILE_TEMPLATE': -74,
   'FILE_WORD': -74,
   'NEWLINE': -74}),
 (17,
  {'$END': -75,
   'BLANK_LINE': -75,
   'COMMENT_LINE': -75,
   'FILE_GAP': -75,
   'FILE_OTHER': -75,
   'FILE_QUOTED': -75,
   'FILE_SINGLE': -75,
   'FILE_TEMPLATE': -75,
   'FILE_WORD': -75}),
 (1, {'$END': -76, 'BLANK_LINE': -76, 'COMMENT_LINE': -76, 'JUNK_LINE': -76, 'PAIR_NAME': -76}),
 (8,
  {'$END': -77,
   'FILE_GAP': 15,
   'FILE_OTHER': 23,
   'FILE_QUOTED': 21,
   'FILE_SINGLE': 123,
   'FILE_TEMPLATE': 12,
   'FILE_WORD': 98,
   'NEWLINE': 64,
   '_file_word': 78}),
 (17,
  {'$END': -78,
   'BLANK_LINE': -78,
   'COMMENT_LINE': -78,
   'FILE_GAP': -78,
   'FILE_OTHER': -78,
   'FILE_QUOTED': -78,
   'FILE_SINGLE': -78,
   'FILE_TEMPLATE': -78,
   'FILE_WORD': -78}),
 (0, {'$END': -79, 'PERCENT': 31, 'STAGE_KEY': -79, '__definition_star_0': 9, 'section': 90}),
 (2,
  {'$END': -80,
   'BLANK_LINE': 44,
   'COMMENT_LINE': 53,
   'JUNK': 56,
   'KEY': 88,
   'PERCENT': -80,
   'STAGE_KEY': -80,
   '__head_plus_2': 48,
   '_line': 74,
   'field': 65,
   'junk': 114}),
 (4,
  {'$END': -81,
   'BLANK_LINE': -81,
   'COMMENT_LINE': -81,
   'LABEL_GAP': -81,
   'LABEL_KEY': -81,
   'LABEL_VALUE': 75,
   'NEWLINE': 103}),
 (17,
  {'$END': -82,
   'BLANK_LINE': -82,
   'COMMENT_LINE': -82,
   'FILE_GAP': -82,
   'FILE_OTHER': -82,
   'FILE_QUOTED': -82,
   'FILE_SINGLE': -82,
   'FILE_TEMPLATE': -82,
   'FILE_WORD': -82}),
 (2,
  {'$END': -83,
   'BLANK_LINE': -83,
   'COMMENT_LINE': -83,
   'JUNK': -83,
   'KEY': -83,
   'PERCENT': -83,
   'STAGE_KEY': -83}),
 (20,
  {'$END': -72,
   'BLANK_LINE': -72,
   'COMMENT': 61,
   'COMMENT_LINE': -72,
   'FOLDED': 41,
   'JUNK': -72,
   'KEY': -72,
   'NEWLINE': 62,
   'PERCENT': -72,
   'STAGE_KEY': -72,
   'VALUE': 58,
   '_value': 46}),
 (5, {'$END': -84, 'BLANK_LINE': 116, 'COMMENT_LINE': 120, 'LABEL_GAP': 13, 'LABEL_KEY': 4, 'label': 118}),
 (0, {'$END': -85, 'PERCENT': -85, 'STAGE_KEY': -85}), (0, {'$END': -86, 'PERCENT': -86, 'STAGE_KEY': -86}),
 (1, {'$END': -87, 'BLANK_LINE': -87, 'COMMENT_LINE': -87, 'JUNK_LINE': -87, 'PAIR_NAME': -87}),
 (3, {'$END': -88, 'STAGE_KEY': 76, 'stage': 119, 'stage_field': 84, 'stage_head': 83}),
 (1, {'$END': -89, 'BLANK_LINE': -89, 'COMMENT_LINE': -89, 'JUNK_LINE': -89, 'PAIR_NAME': -89}),
 (3, {'$END': -90, 'STAGE_KEY': 76, 'stage': 119, 'stage_field': 84, 'stage_head': 83}),
 (17,
  {'$END': -91,
   'BLANK_LINE': 99,
   'COMMENT_LINE': 112,
   'FILE_GAP': 15,
   'FILE_OTHER': 23,
   'FILE_QUOTED': 21,
   'FILE_SINGLE': 123,
   'FILE_TEMPLATE': 12,
   'FILE_WORD': 98,
   '__copy_plus_4': 81,
   '__files_star_3': 115,
   '_file_word': 121,
   'copy': 107,
   'files': 10,
   'last_copy': 102}),
 (16, {'$END': -92, 'BODY': 110, 'PERCENT': -92, 'STAGE_KEY': -92}),
 (8,
  {'$END': -93,
   'FILE_GAP': -93,
   'FILE_OTHER': -93,
   'FILE_QUOTED': -93,
   'FILE_SINGLE': -93,
   'FILE_TEMPLATE': -93,
   'FILE_WORD': -93,
   'NEWLINE': -93}),
 (17,
  {'$END': -94,
   'BLANK_LINE': -94,
   'COMMENT_LINE': -94,
   'FILE_GAP': -94,
   'FILE_OTHER': -94,
   'FILE_QUOTED': -94,
   'FILE_SINGLE': -94,
   'FILE_TEMPLATE': -94,
   'FILE_WORD': -94}),
 (5, {'$END': -95, 'BLANK_LINE': -95, 'COMMENT_LINE': -95, 'LABEL_GAP': -95, 'LABEL_KEY': -95}),
 (13,
  {'$END': -96,
   'BLANK_LINE': -96,
   'COMMENT': 37,
   'COMMENT_LINE': -96,
   'JUNK': -96,
   'KEY': -96,
   'NEWLINE': 40,
   'PERCENT': -96,
   'STAGE_KEY': -96}),
 (7, {'$END': -97}),
 (5, {'$END': -98, 'BLANK_LINE': -98, 'COMMENT_LINE': -98, 'LABEL_GAP': -98, 'LABEL_KEY': -98}),
 (0, {'$END': -99, 'PERCENT': -99, 'STAGE_KEY': -99}),
 (19,
  {'$END': -100,
   'BLANK_LINE': -100,
   'COMMENT_LINE': -100,
   'LABEL_GAP': -100,
   'LABEL_KEY': -100,
   'NEWLINE': 22}),
 (1, {'$END': -101, 'BLANK_LINE': -101, 'COMMENT_LINE': -101, 'JUNK_LINE': -101, 'PAIR_NAME': -101}),
 (17,
  {'$END': -102,
   'BLANK_LINE': -102,
   'COMMENT_LINE': -102,
   'FILE_GAP': -102,
   'FILE_OTHER': -102,
   'FILE_QUOTED': -102,
   'FILE_SINGLE': -102,
   'FILE_TEMPLATE': -102,
   'FILE_WORD': -102}),
 (16, {'$END': -103, 'BODY': 26, 'PERCENT': -103, 'STAGE_KEY': -103}),
 (1, {'$END': -104, 'BLANK_LINE': -104, 'COMMENT_LINE': -104, 'JUNK_LINE': -104, 'PAIR_NAME': -104}),
 (0, {'$END': -105, 'PERCENT': -105, 'STAGE_KEY': -105}),
 (11,
  {'$END': -106,
   'BLANK_LINE': -106,
   'COMMENT_LINE': -106,
   'JUNK': -106,
   'KEY': -106,
   'NEWLINE': 2,
   'PERCENT': -106,
   'STAGE_KEY': -106}),
 (17,
  {'$END': -107,
   'BLANK_LINE': -107,
   'COMMENT_LINE': -107,
   'FILE_GAP': -107,
   'FILE_OTHER': -107,
   'FILE_QUOTED': -107,
   'FILE_SINGLE': -107,
   'FILE_TEMPLATE': -107,
   'FILE_WORD': -107}),
 (16, {'$END': -108, 'BODY': 91, 'PERCENT': -108, 'STAGE_KEY': -108}),
 (2,
  {'$END': -109,
   'BLANK_LINE': -109,
   'COMMENT_LINE': -109,
   'JUNK': -109,
   'KEY': -109,
   'PERCENT': -109,
   'STAGE_KEY': -109}),
 (17,
  {'$END': -110,
   'BLANK_LINE': 79,
   'COMMENT_LINE': 86,
   'FILE_GAP': 15,
   'FILE_OTHER': 23,
   'FILE_QUOTED': 21,
   'FILE_SINGLE': 123,
   'FILE_TEMPLATE': 12,
   'FILE_WORD': 98,
   '__copy_plus_4': 81,
   '_file_word': 121,
   'copy': 82,
   'last_copy': 72}),
 (5, {'$END': -111, 'BLANK_LINE': -111, 'COMMENT_LINE': -111, 'LABEL_GAP': -111, 'LABEL_KEY': -111}),
 (11,
  {'$END': -112,
   'BLANK_LINE': -112,
   'COMMENT_LINE': -112,
   'JUNK': -112,
   'KEY': -112,
   'NEWLINE': 19,
   'PERCENT': -112,
   'STAGE_KEY': -112}),
 (5, {'$END': -113, 'BLANK_LINE': -113, 'COMMENT_LINE': -113, 'LABEL_GAP': -113, 'LABEL_KEY': -113}),
 (3, {'$END': -114, 'STAGE_KEY': -114}),
 (5, {'$END': -115, 'BLANK_LINE': -115, 'COMMENT_LINE': -115, 'LABEL_GAP': -115, 'LABEL_KEY': -115}),
 (8,
  {'$END': -116,
   'FILE_GAP': -116,
   'FILE_OTHER': -116,
   'FILE_QUOTED': -116,
   'FILE_SINGLE': -116,
   'FILE_TEMPLATE': -116,
   'FILE_WORD': -116,
   'NEWLINE': -116}),
 (0, {'$END': -117, 'PERCENT': -117, 'STAGE_KEY': -117}),
 (8,
  {'$END': -118,
   'FILE_GAP': -118,
   'FILE_OTHER': -118,
   'FILE_QUOTED': -118,
   'FILE_SINGLE': -118,
   'FILE_TEMPLATE': -118,
   'FILE_WORD': -118,
   'NEWLINE': -118}),
 (0, {'$END': -119, 'PERCENT': -119, 'STAGE_KEY': -119}),
 (15, {'$END': -120, 'BODY': 104, 'NEWLINE': 108, 'PERCENT': -120, 'STAGE_KEY': -120}),
 (10,
  {'$END': -121,
   'BLANK_LINE': -121,
   'COMMENT_LINE': -121,
   'JUNK': -121,
   'KEY': -121,
   'MORE': 101,
   'MORE_FOLDED': 30,
   'PERCENT': -121,
   'STAGE_KEY': -121,
   '_more': 35})]
STARTS: Any = {'arguments': 52, 'definition': 70, 'files': 96, 'labels': 55}
ENDS: Any = {'arguments': 36, 'definition': 39, 'files': 10, 'labels': 54}
