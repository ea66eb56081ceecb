/* to_chars.cc - numbers to text and back by the C++ library, which does both without a locale:
 * std::to_chars gives the shortest text since C++17, std::from_chars reads it. */
#include <charconv>
#include <cstddef>

extern "C" {
size_t peer_to_chars_f64(const double *values, size_t count, char *out);
size_t peer_to_chars_f32(const float *values, size_t count, char *out);
size_t peer_from_chars_f64(const char *text, size_t size, double *out);
}

template <typename number> static size_t write(const number *values, size_t count, char *out)
{
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        at = std::to_chars(at, at + 64, values[i]).ptr;
        *at++ = ',';
    }
    return static_cast<size_t>(at - out);
}

size_t peer_to_chars_f64(const double *values, size_t count, char *out)
{
    return write(values, count, out);
}

size_t peer_to_chars_f32(const float *values, size_t count, char *out)
{
    return write(values, count, out);
}

/* Reads numbers with a comma behind each; gives how many. */
size_t peer_from_chars_f64(const char *text, size_t size, double *out)
{
    const char *at = text, *end = text + size;
    size_t count = 0;
    while (at < end) {
        at = std::from_chars(at, end, out[count]).ptr + 1;
        count++;
    }
    return count;
}
