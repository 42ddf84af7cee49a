/**
 * One character of white space in a pattern of RE2: every one with Unicode's property White_Space, and U+FEFF, which
 * editors leave behind.
 */
export const whiteSpace = String.raw`[\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]`;
