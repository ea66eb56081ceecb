/* shader_lex.h - WGSL text to tokens, one at a time; private.
 *
 * A symbol's value is its characters, the first in the lowest byte, so that W3DI_SHADER_SYMBOL('-', '>')
 * is "->". Numbers come with their value. Source: WGSL, section 3. */
#ifndef W3D_SHADER_LEX_H
#define W3D_SHADER_LEX_H

#include "core/decimal.h"
#include "core/utf8.h"

#define W3DI_SHADER_SYMBOL(a, b)     ((uint32_t)(unsigned char)(a) | (uint32_t)(unsigned char)(b) << 8)
#define W3DI_SHADER_SYMBOL3(a, b, c) (W3DI_SHADER_SYMBOL(a, b) | (uint32_t)(unsigned char)(c) << 16)

typedef enum w3di_shader_token_kind {
    W3DI_SHADER_TOKEN_END,
    W3DI_SHADER_TOKEN_NAME,
    W3DI_SHADER_TOKEN_INT,   /* whole: the value; suffix: 0, 'i' or 'u' */
    W3DI_SHADER_TOKEN_FLOAT, /* real: the value; suffix: 0 or 'f'       */
    W3DI_SHADER_TOKEN_SYMBOL,
    W3DI_SHADER_TOKEN_WRONG /* problem: why */
} w3di_shader_token_kind;

typedef struct w3di_shader_token {
    w3di_shader_token_kind kind;
    uint32_t at, size;
    uint32_t symbol;
    char suffix;
    uint64_t whole;
    double real;
    w3d_result code;
    const char *problem;
} w3di_shader_token;

static inline int w3di_shader_lex_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline int w3di_shader_lex_digit(unsigned char c) { return c >= '0' && c <= '9'; }

static inline int w3di_shader_lex_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static inline void w3di_shader_lex_wrong(w3di_shader_token *token, w3d_result code, uint32_t at,
                                         const char *problem)
{
    token->kind = W3DI_SHADER_TOKEN_WRONG;
    token->code = code;
    token->at = at;
    token->size = 0;
    token->problem = problem;
}

/* Bytes of the blank at `at`, 0 where there is none; of those that end a line *line is set to 1. The ones
 * beyond ASCII are U+0085, U+200E, U+200F, U+2028 and U+2029. */
static inline uint32_t w3di_shader_lex_blank(const char *text, uint32_t size, uint32_t at,
                                             int *line)
{
    unsigned char c = (unsigned char)text[at];
    *line = c >= 10 && c <= 13;
    if (c == ' ' || (c >= 9 && c <= 13)) return 1;
    if (c < 0x80 || at + 1 >= size) return 0;
    *line = 1;
    if (c == 0xC2 && (unsigned char)text[at + 1] == 0x85) return 2;
    if (c != 0xE2 || (unsigned char)text[at + 1] != 0x80 || at + 2 >= size) return 0;
    unsigned char last = (unsigned char)text[at + 2];
    *line = last >= 0xA8;
    return last == 0x8E || last == 0x8F || last == 0xA8 || last == 0xA9 ? 3 : 0;
}

/* The end of blanks and comments from `at`; comments nest. *open is where one begins that does not end,
 * else UINT32_MAX. */
static inline uint32_t w3di_shader_lex_skip(const char *text, uint32_t size, uint32_t at,
                                            uint32_t *open)
{
    int line;
    *open = UINT32_MAX;
    while (at < size) {
        unsigned char c = (unsigned char)text[at];
        uint32_t blank = w3di_shader_lex_blank(text, size, at, &line);
        if (blank) {
            at += blank;
        } else if (c == '/' && at + 1 < size && text[at + 1] == '/') {
            while (at < size && !(w3di_shader_lex_blank(text, size, at, &line) && line)) at++;
        } else if (c == '/' && at + 1 < size && text[at + 1] == '*') {
            uint32_t depth = 1, start = at;
            at += 2;
            while (depth && at + 1 < size) {
                if (text[at] == '*' && text[at + 1] == '/')
                    depth--, at += 2;
                else if (text[at] == '/' && text[at + 1] == '*')
                    depth++, at += 2;
                else
                    at++;
            }
            if (depth) {
                *open = start;
                return size;
            }
        } else {
            break;
        }
    }
    return at;
}

/* 2 to a whole power, and 0 or infinity outside the doubles. */
static inline double w3di_shader_lex_power2(int32_t power)
{
    double value = 1.0, factor = power < 0 ? 0.5 : 2.0;
    if (power > 2000 || power < -2000)
        return power < 0 ? 0.0 : (double)FLT_MAX * (double)FLT_MAX * 1e300;
    for (uint32_t n = (uint32_t)(power < 0 ? -power : power); n; n >>= 1, factor *= factor)
        if (n & 1) value *= factor;
    return value;
}

static inline uint32_t w3di_shader_lex_hexadecimal(const char *text, uint32_t size, uint32_t at,
                                                   w3di_shader_token *token)
{
    uint32_t start = at, digits = 0, point = 0;
    int32_t exponent = 0;
    double real = 0;
    uint64_t whole = 0;
    int large = 0, is_float = 0;
    for (at += 2; at < size; at++) {
        int value = w3di_shader_lex_hex((unsigned char)text[at]);
        if (text[at] == '.' && !point) {
            point = 1;
            is_float = 1;
            continue;
        }
        if (value < 0) break;
        if (whole >> 60) large = 1;
        whole = whole << 4 | (uint64_t)value;
        real = real * 16.0 + value;
        if (point) exponent -= 4;
        digits++;
    }
    if (!digits) {
        w3di_shader_lex_wrong(token, W3D_ERR_FORMAT, start, "a hexadecimal number without digits");
        return at;
    }
    if (at < size && (text[at] == 'p' || text[at] == 'P')) {
        int negative = 0, some = 0;
        int32_t power = 0;
        is_float = 1;
        at++;
        if (at < size && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
        for (; at < size && w3di_shader_lex_digit((unsigned char)text[at]); at++, some = 1)
            if (power < 100000) power = power * 10 + (text[at] - '0');
        if (!some) {
            w3di_shader_lex_wrong(token, W3D_ERR_FORMAT, at, "an exponent without digits");
            return at;
        }
        exponent += negative ? -power : power;
    }
    token->kind = is_float ? W3DI_SHADER_TOKEN_FLOAT : W3DI_SHADER_TOKEN_INT;
    token->whole = whole;
    token->real = is_float ? real * w3di_shader_lex_power2(exponent) : 0;
    while (whole && !(whole & 1)) whole >>= 1;
    if (large)
        w3di_shader_lex_wrong(token, W3D_ERR_RANGE, start, "a number of more than 64 bits");
    else if (is_float && whole >> (at < size && text[at] == 'f' ? 24 : 53))
        w3di_shader_lex_wrong(token, W3D_ERR_RANGE, start,
                              "a hexadecimal number that is not exact in its type");
    return at;
}

/* A decimal or hexadecimal number, or what is wrong with it. Gives the offset after it. */
static inline uint32_t w3di_shader_lex_number(const char *text, uint32_t size, uint32_t at,
                                              w3di_shader_token *token)
{
    uint32_t start = at;
    if (text[at] == '0' && at + 1 < size && (text[at + 1] == 'x' || text[at + 1] == 'X')) {
        at = w3di_shader_lex_hexadecimal(text, size, at, token);
        if (token->kind == W3DI_SHADER_TOKEN_WRONG) return at;
    } else {
        int is_float = 0, large = 0;
        uint64_t whole = 0;
        for (; at < size && w3di_shader_lex_digit((unsigned char)text[at]); at++) {
            uint32_t digit = (uint32_t)(text[at] - '0');
            if (whole > (UINT64_MAX - digit) / 10) large = 1;
            whole = whole * 10 + digit;
        }
        if (at < size && text[at] == '.') {
            is_float = 1;
            at++;
            while (at < size && w3di_shader_lex_digit((unsigned char)text[at])) at++;
        }
        if (at < size && (text[at] == 'e' || text[at] == 'E')) {
            is_float = 1;
            at++;
            if (at < size && (text[at] == '+' || text[at] == '-')) at++;
            if (at == size || !w3di_shader_lex_digit((unsigned char)text[at])) {
                w3di_shader_lex_wrong(token, W3D_ERR_FORMAT, at, "an exponent without digits");
                return at;
            }
            while (at < size && w3di_shader_lex_digit((unsigned char)text[at])) at++;
        }
        if (at - start > 64) {
            w3di_shader_lex_wrong(token, W3D_ERR_LIMIT, start,
                                  "a number of more than 64 characters");
            return at;
        }
        if (!is_float && at - start > 1 && text[start] == '0') {
            w3di_shader_lex_wrong(token, W3D_ERR_FORMAT, start, "a whole number begins with 0");
            return at;
        }
        if (large && at < size && text[at] == 'f') is_float = 1;
        token->kind = is_float ? W3DI_SHADER_TOKEN_FLOAT : W3DI_SHADER_TOKEN_INT;
        token->whole = whole;
        if (is_float)
            large = w3d_decimal_read(text + start, at - start, &token->real) != at - start;
        if (large) {
            w3di_shader_lex_wrong(token, W3D_ERR_RANGE, start, "a number too large for its type");
            return at;
        }
    }
    if (at < size && (text[at] == 'i' || text[at] == 'u') && token->kind == W3DI_SHADER_TOKEN_INT)
        token->suffix = text[at++];
    else if (at < size && text[at] == 'f') {
        if (token->kind == W3DI_SHADER_TOKEN_INT) token->real = (double)token->whole;
        token->kind = W3DI_SHADER_TOKEN_FLOAT;
        token->suffix = text[at++];
    } else if (at < size && text[at] == 'h') {
        w3di_shader_lex_wrong(token, W3D_ERR_UNSUPPORTED, at, "f16 is not in this subset; use f32");
        return at;
    }
    if (at < size && (w3di_shader_lex_letter((unsigned char)text[at]) ||
                      w3di_shader_lex_digit((unsigned char)text[at])))
        w3di_shader_lex_wrong(token, W3D_ERR_FORMAT, at, "a number runs into letters");
    return at;
}

/* The token at or after `at`; the next one begins at token->at + token->size. */
static inline w3di_shader_token w3di_shader_lex(const char *text, uint32_t size, uint32_t at)
{
    static const char pairs[] = "&&||==!=<=>=->++--+=-=*=/=%=&=|=^=<<>>";
    w3di_shader_token token;
    w3d_fill(&token, 0, sizeof token);
    uint32_t open, start = w3di_shader_lex_skip(text, size, at, &open), end = start;
    if (open != UINT32_MAX) {
        w3di_shader_lex_wrong(&token, W3D_ERR_FORMAT, open, "a comment is not closed");
        return token;
    }
    token.at = start;
    if (start == size) return token;
    unsigned char c = (unsigned char)text[start];
    if (w3di_shader_lex_letter(c)) {
        while (end < size && (w3di_shader_lex_letter((unsigned char)text[end]) ||
                              w3di_shader_lex_digit((unsigned char)text[end])))
            end++;
        token.kind = W3DI_SHADER_TOKEN_NAME;
        if (end - start > 255)
            w3di_shader_lex_wrong(&token, W3D_ERR_LIMIT, start, "a name of more than 255 bytes");
    } else if (w3di_shader_lex_digit(c) ||
               (c == '.' && start + 1 < size &&
                w3di_shader_lex_digit((unsigned char)text[start + 1]))) {
        end = w3di_shader_lex_number(text, size, start, &token);
    } else if (c > ' ' && c < 127) {
        token.kind = W3DI_SHADER_TOKEN_SYMBOL;
        token.symbol = c;
        end = start + 1;
        for (size_t i = 0; end < size && i + 1 < sizeof pairs; i += 2)
            if (text[start] == pairs[i] && text[end] == pairs[i + 1]) {
                token.symbol = W3DI_SHADER_SYMBOL(pairs[i], pairs[i + 1]);
                end++;
                break;
            }
        if (end < size && text[end] == '=' && end - start == 2 && (c == '<' || c == '>') &&
            text[start + 1] == (char)c) {
            token.symbol = W3DI_SHADER_SYMBOL3(c, c, '=');
            end++;
        }
    } else {
        w3di_shader_lex_wrong(&token, c < 0x80 ? W3D_ERR_FORMAT : W3D_ERR_UNSUPPORTED, start,
                              c < 0x80
                                  ? "a character that no token begins with"
                                  : "letters beyond ASCII are in this subset in comments only");
        return token;
    }
    if (token.kind != W3DI_SHADER_TOKEN_WRONG) token.size = end - start;
    return token;
}

#endif /* W3D_SHADER_LEX_H */
