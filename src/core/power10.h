/* power10.h - 128 bits of any power of ten a double can need, from 840 bytes of tables.
 *
 *     w3di_power10 power = w3di_power10_of(-5);   // 10^-5 = (high:low) * 2^(-17 - 127), and a bit
 *
 * Every 27th power is kept with 192 bits; the ones between are that times a power of five below
 * 2^64. That gives the first 128 bits exactly for all 702 exponents: a test compares each one. */
#ifndef W3D_POWER10_H
#define W3D_POWER10_H

#include "core/bits.h"

enum { W3DI_POWER10_MIN = -351, W3DI_POWER10_MAX = 350 };

/* The first 128 bits of 10^e, rounded down; the top bit is set. */
typedef struct w3di_power10 {
    uint64_t high, low;
} w3di_power10;

/* The low half of a * b, and the high one in *high. */
W3D_INLINE uint64_t w3di_power10_multiply(uint64_t a, uint64_t b, uint64_t *high)
{
#if defined(__SIZEOF_INT128__) && !defined(__wasm__) /* a call of the runtime library in wasm */
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, cross = a1 * b0, middle = a0 * b1;
    middle += (low >> 32) + (uint32_t)cross;
    *high = a1 * b1 + (cross >> 32) + (middle >> 32);
    return middle << 32 | (uint32_t)low;
#endif
}

/* log2(10^e), rounded down, for e in -616..616; made positive first, where a shift divides. */
W3D_INLINE int32_t w3di_power10_log2(int32_t e)
{
    return (int32_t)(((uint32_t)e * 1741647u + (1u << 30)) >> 19) - 2048;
}

/* 1 where 128 bits hold the power whole: no bit was lost. */
W3D_INLINE int w3di_power10_is_exact(int32_t e) { return e >= 0 && e <= 55; }

/* 10^e = (128 bits) * 2^(w3di_power10_log2(e) - 127), for e from W3DI_POWER10_MIN to
 * W3DI_POWER10_MAX. Cost: three multiplications of 64 bits. */
static inline w3di_power10 w3di_power10_of(int32_t e)
{
    /* clang-format off */
    static const uint64_t every27[26][3] = { /* 10^-351, 10^-324, ... 10^324 */
        { 0x8049A4AC0C5811AEu, 0x205B896D777D6278u, 0xAC261E9F5141430Bu },
        { 0xCF42894A5DCE35EAu, 0x52064CAC828675B9u, 0x475F2B7D7DF1AD7Au },
        { 0xA76C582338ED2621u, 0xAF2AF2B80AF6F24Eu, 0x657C8F4D43323A36u },
        { 0x873E4F75E2224E68u, 0x5A7744A6E804A291u, 0xCC35EDDFCF0996D7u },
        { 0xDA7F5BF590966848u, 0xAF39A475506A899Eu, 0xA30294CC2934E662u },
        { 0xB080392CC4349DECu, 0xBD8D794D96AACFB3u, 0xFE13A5C86AF64418u },
        { 0x8E938662882AF53Eu, 0x547EB47B7282EE9Cu, 0x41B0230E1421487Du },
        { 0xE65829B3046B0AFAu, 0x0CB4A5A3112A5112u, 0xA3B561B1CB208396u },
        { 0xBA121A4650E4DDEBu, 0x92F34D62616CE413u, 0x21A0183E10583CD3u },
        { 0x964E858C91BA2655u, 0x3A6A07F8D510F86Fu, 0xE9082F25E9C5E9ECu },
        { 0xF2D56790AB41C2A2u, 0xFAE27299423FB9C3u, 0x3695DAD7E8858901u },
        { 0xC428D05AA4751E4Cu, 0xAA97E14C3C26B886u, 0x96842DC95323F5A8u },
        { 0x9E74D1B791E07E48u, 0x775EA264CF55347Du, 0xCA49F1C05120C9C7u },
        { 0x8000000000000000u, 0x0000000000000000u, 0x0000000000000000u },
        { 0xCECB8F27F4200F3Au, 0x0000000000000000u, 0x0000000000000000u },
        { 0xA70C3C40A64E6C51u, 0x999090B65F67D924u, 0x0000000000000000u },
        { 0x86F0AC99B4E8DAFDu, 0x69A028BB3DED71A3u, 0xDF9F915627C04E28u },
        { 0xDA01EE641A708DE9u, 0xE80E6F4820CC9495u, 0xD74BAAD03BC1D8D3u },
        { 0xB01AE745B101E9E4u, 0x5EC05DCFF72E7F8Fu, 0xC04C79FFE324301Fu },
        { 0x8E41ADE9FBEBC27Du, 0x14588F13BE847307u, 0x23BD6A2059C002F5u },
        { 0xE5D3EF282A242E81u, 0x8F1668C8A86DA5FAu, 0xF0B5CCF5176ECC7Cu },
        { 0xB9A74A0637CE2EE1u, 0x6D953E2BD7173692u, 0x88EFB0037AC08BDEu },
        { 0x95F83D0A1FB69CD9u, 0x4ABDAF101564F98Eu, 0x0D5A4AF7B3A98E47u },
        { 0xF24A01A73CF2DCCFu, 0xBC633B39673C8CECu, 0x3D9C44CD2F36917Cu },
        { 0xC3B8358109E84F07u, 0x0A862F80EC4700C8u, 0x02606EA01029DC37u },
        { 0x9E19DB92B4E31BA9u, 0x6C07A2C26A8346D1u, 0x4944D9F52CD0DEC2u }
    };
    static const uint64_t five[27] = { /* 5^0, 5^1, ... 5^26, shifted up to the top bit */
        0x8000000000000000u, 0xA000000000000000u, 0xC800000000000000u, 0xFA00000000000000u,
        0x9C40000000000000u, 0xC350000000000000u, 0xF424000000000000u, 0x9896800000000000u,
        0xBEBC200000000000u, 0xEE6B280000000000u, 0x9502F90000000000u, 0xBA43B74000000000u,
        0xE8D4A51000000000u, 0x9184E72A00000000u, 0xB5E620F480000000u, 0xE35FA931A0000000u,
        0x8E1BC9BF04000000u, 0xB1A2BC2EC5000000u, 0xDE0B6B3A76400000u, 0x8AC7230489E80000u,
        0xAD78EBC5AC620000u, 0xD8D726B7177A8000u, 0x878678326EAC9000u, 0xA968163F0A57B400u,
        0xD3C21BCECCEDA100u, 0x84595161401484A0u, 0xA56FA5B99019A5C8u
    };
    /* clang-format on */
    uint32_t from = (uint32_t)(e - W3DI_POWER10_MIN);
    const uint64_t *base = every27[from / 27u];
    uint64_t factor = five[from % 27u], high, middle, low, carry, lost;
    w3di_power10 power;
    low = w3di_power10_multiply(base[0], factor, &high);
    middle = w3di_power10_multiply(base[1], factor, &carry);
    low += carry;
    high += low < carry;
    w3di_power10_multiply(base[2], factor, &lost);
    middle += lost;
    carry = middle < lost;
    low += carry;
    high += low < carry;
    /* A product of two numbers with the top bit set lacks one bit at most. No branch: which of them
     * do is as good as random. */
    uint32_t up = (uint32_t)(high >> 63) ^ 1u;
    high = high << up | low >> 1 >> (63 - up);
    low = low << up | middle >> 1 >> (63 - up);
    power.high = high;
    power.low = low;
    return power;
}

#endif /* W3D_POWER10_H */
