// SPDX-License-Identifier: BSL-1.0
// Lengths of time, as text and as numbers.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

#include <holdfast/duration.hpp>

#include <stdexcept>

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

void read(std::string_view text)
{
    try
    {
        const auto d = hf::parse_duration(text);
        fuzz::check(d >= hf::duration::zero(), "no negative one is read", text);
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
