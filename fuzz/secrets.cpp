// SPDX-License-Identifier: BSL-1.0
// A password in a description, which may be wrong in any way: no message shows it.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

#include <holdfast/endpoints/registry.hpp>

#include <string>

namespace
{
namespace hf = holdfast;

constexpr std::string_view secret = "86420975"; // of no letters, whose case may change

void check_hidden(std::string_view text)
{
    fuzz::check(text.find(secret) == text.npos, "no message shows a password", text);
}

void read(const std::string& text)
{
    check_hidden(hf::without_secrets(text));
    try
    {
        static_cast<void>(hf::parse_endpoint(text));
    }
    catch (const hf::description_error& e)
    {
        check_hidden(e.what());
    }
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    const std::string before(input.text());
    const std::string after(input.rest());
    if (const auto all = before + after;
        all.find(secret.substr(0, 4)) != all.npos || all.find(secret.substr(4)) != all.npos)
        return 0; // it stands elsewhere too
    read(before + ":password=" + std::string(secret) + after);
    read("tcp://" + before + ':' + std::string(secret) + '@' + after);
    read("tcp://h:1?via=socks5://" + before + ':' + std::string(secret) + '@' + after);
    read("tcp://h:1?via=socks5://p:1?" + before + ";password=" + std::string(secret) + after);
    read("tcp://" + before + "?password=" + std::string(secret) + after);
    return 0;
}
