/* obj_text.h - lines, words and numbers of OBJ and MTL files; private to asset/obj. */
#ifndef W3D_OBJ_TEXT_H
#define W3D_OBJ_TEXT_H

#include "core/base.h"
#include "core/decimal.h"

/* A place in the text. A backslash before a line's end joins the next line to it. */
typedef struct w3di_obj_cursor {
    const char *text;
    size_t      size;
    size_t      at;
} w3di_obj_cursor;

/* A run of the text: a keyword, a name, the rest of a line. */
typedef struct w3di_obj_word {
    const char *text;
    size_t      size;
    size_t      offset;
} w3di_obj_word;

static inline int w3di_obj_is_end(char c) { return c == '\n' || c == '\r'; }
static inline int w3di_obj_is_blank(char c) { return c == ' ' || c == '\t'; }

/* Bytes of the backslash and line end that stand here and join two lines; 0 where none do. */
static inline size_t w3di_obj_joint(const w3di_obj_cursor *cursor)
{
    const char *text = cursor->text + cursor->at;
    size_t left = cursor->size - cursor->at;
    if (left < 2 || text[0] != '\\' || !w3di_obj_is_end(text[1])) return 0;
    return left > 2 && text[1] == '\r' && text[2] == '\n' ? 3 : 2;
}

/* Skips blanks and joints; 0 at the end of the line or text. */
static inline int w3di_obj_skip(w3di_obj_cursor *cursor)
{
    while (cursor->at < cursor->size) {
        size_t joint = w3di_obj_joint(cursor);
        if (!joint && !w3di_obj_is_blank(cursor->text[cursor->at]))
            return !w3di_obj_is_end(cursor->text[cursor->at]);
        cursor->at += joint ? joint : 1;
    }
    return 0;
}

/* The next word of the line; size 0 where there is none. */
static inline w3di_obj_word w3di_obj_next(w3di_obj_cursor *cursor)
{
    w3di_obj_word word;
    w3di_obj_skip(cursor);
    word.text = cursor->text + cursor->at;
    word.offset = cursor->at;
    while (cursor->at < cursor->size) {
        char c = cursor->text[cursor->at];
        if (w3di_obj_is_blank(c) || w3di_obj_is_end(c) || w3di_obj_joint(cursor)) break;
        cursor->at++;
    }
    word.size = cursor->at - word.offset;
    return word;
}

/* The rest of the line without blanks at its ends: names may hold spaces. */
static inline w3di_obj_word w3di_obj_rest(w3di_obj_cursor *cursor)
{
    w3di_obj_word word;
    w3di_obj_skip(cursor);
    word.text = cursor->text + cursor->at;
    word.offset = cursor->at;
    while (cursor->at < cursor->size && !w3di_obj_is_end(cursor->text[cursor->at])) cursor->at++;
    word.size = cursor->at - word.offset;
    while (word.size && w3di_obj_is_blank(word.text[word.size - 1])) word.size--;
    return word;
}

/* Goes behind the line's end; what is joined to the line goes with it. */
static inline void w3di_obj_end_line(w3di_obj_cursor *cursor)
{
    while (cursor->at < cursor->size) {
        size_t joint = w3di_obj_joint(cursor);
        cursor->at += joint ? joint : 1;
        if (!joint && w3di_obj_is_end(cursor->text[cursor->at - 1])) return;
    }
}

/* Finds the next line that says something and takes its keyword; 0 at the end of the text.
 * Comments end with their line, whatever they end in: paths of other systems end in backslashes. */
static inline int w3di_obj_keyword(w3di_obj_cursor *cursor, w3di_obj_word *keyword)
{
    while (cursor->at < cursor->size) {
        if (!w3di_obj_skip(cursor))
            cursor->at++;
        else if (cursor->text[cursor->at] == '#')
            w3di_obj_rest(cursor);
        else {
            *keyword = w3di_obj_next(cursor);
            return 1;
        }
    }
    return 0;
}

/* Reads up to `most` numbers of the line into `out`; gives how many, and 1 in *bad where a word
 * is no number (the cursor then stands behind it and *word is that word). */
static inline unsigned w3di_obj_numbers(w3di_obj_cursor *cursor, unsigned most, float *out,
                                        w3di_obj_word *word, int *bad)
{
    unsigned count = 0;
    *bad = 0;
    for (; count < most; count++) {
        double value;
        *word = w3di_obj_next(cursor);
        if (!word->size) break;
        if (w3d_decimal_read(word->text, word->size, &value) != word->size) {
            *bad = 1;
            break;
        }
        out[count] = (float)value;
    }
    return count;
}

#endif /* W3D_OBJ_TEXT_H */
