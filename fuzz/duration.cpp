// SPDX-License-Identifier: BSL-1.0
// Lengths of time, as text and as numbers.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

#include <holdfast/duration.hpp>

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

namespace
{
namespace hf = holdfast;

/// Is read back exactly, from a text that is the only one printed for it.
void check_printed(hf::duration d)
{
    const auto text = hf::to_string(d);
    fuzz::check(fuzz::is_one_line(text) && text.size() < 40, "a length of time prints short", text);
    if (d >= hf::duration::zero())
        fuzz::check(hf::parse_duration(text) == d, "what is printed is read back", text);
    else
        fuzz::check(text.front() == '-', "a negative one prints with its sign", text);
}

/// Nearly what `text`, which was accepted, stands for in nanoseconds.
long double about(const std::string& text)
{
    constexpr std::pair<std::string_view, long double> units[]{
        {"", 1e9L},  {"ns", 1},    {"us", 1e3L},   {"ms", 1e6L},
        {"s", 1e9L}, {"m", 60e9L}, {"h", 3600e9L}, {"d", 86'400e9L}};
    char* end = nullptr;
    const auto number = std::strtold(text.c_str(), &end);
    for (const auto& [name, length] : units)
        if (name == end)
            return number * length;
    return -1;
}

void read(std::string_view text)
{
    try
    {
        const auto d = hf::parse_duration(text);
        const auto reference = about(std::string(text));
        fuzz::check(std::abs(static_cast<long double>(d.count()) - reference) <=
                        1 + reference * 1e-15L,
                    "the number is what the text says", text);
        check_printed(d);
    }
    catch (const std::invalid_argument& e)
    {
        fuzz::check_message(e.what());
    }
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    check_printed(hf::duration(static_cast<hf::duration::rep>(input.number())));
    read({reinterpret_cast<const char*>(data), size});
    return 0;
}
