// SPDX-License-Identifier: BSL-1.0
// Trees of services as JSON: texts that nobody has written, and values that nobody would save. What
// is accepted can be saved and is then the same; what is refused has a message on one line that
// begins with the member; what holds a secret is never written.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

#include <holdfast/saving/json.hpp>

#include <bit>
#include <string>
#include <string_view>
#include <variant>

namespace
{
namespace hf = holdfast;

/// What may be saved holds no password in the description of an endpoint.
void check_no_secret(const hf::client_record& r)
{
    fuzz::check(r.endpoint.find("password=hunter2") == r.endpoint.npos, "no password is written",
                r.endpoint);
}

void check_no_secret(const hf::tree_record& r)
{
    for (const auto& s : r.services)
        std::visit([](const auto& what) { check_no_secret(what); }, s.what);
}

void check_refusal(const hf::saving_error& refusal)
{
    fuzz::check_message(refusal.what());
    fuzz::check(std::string_view(refusal.what()).starts_with(refusal.member()),
                "a refusal begins with the member", refusal.what());
}

template <class Record>
void check_round_trip(const Record& r, Record (*read)(std::string_view))
{
    const auto text = to_json(r);
    fuzz::check(read(text) == r, "what is loaded is what was saved", text);
    fuzz::check(to_json(read(text)) == text, "it is written the same again", text);
    check_no_secret(r);
}

/// A text as it came.
template <class Record>
void read_text(std::string_view text, Record (*read)(std::string_view))
{
    try
    {
        check_round_trip(read(text), read);
    }
    catch (const hf::saving_error& refusal)
    {
        check_refusal(refusal);
    }
}

/// Of any magnitude, also negative.
hf::duration length_of_time(fuzz::bytes& input)
{
    return hf::duration(static_cast<hf::duration::rep>(input.number()) >> (input.byte() % 64));
}

double number(fuzz::bytes& input)
{
    return std::bit_cast<double>(input.number());
}

hf::retry_record retry(fuzz::bytes& input)
{
    hf::retry_record r;
    switch (input.byte() % 5)
    {
    case 0:
    {
        hf::retry::backoff p;
        p.initial = length_of_time(input);
        p.factor = number(input);
        p.max = length_of_time(input);
        p.jitter = static_cast<hf::retry::jitter>(input.byte() % 4);
        r.policy = p;
        break;
    }
    case 1:
        r.policy = hf::retry::fixed{length_of_time(input)};
        break;
    case 2:
    {
        hf::retry_record::schedule delays(input.byte() % 4);
        for (auto& d : delays)
            d = length_of_time(input);
        r.policy = delays;
        break;
    }
    case 3:
        r.policy = hf::retry::immediately();
        break;
    default:
        r.policy = hf::retry::twisted_backoff{length_of_time(input), number(input),
                                              length_of_time(input), length_of_time(input)};
    }
    if (const auto wrapped = input.byte(); wrapped % 4 == 0)
    {
        r.max_attempts = static_cast<unsigned>(input.number());
        r.max_elapsed = length_of_time(input);
        r.min_delay = length_of_time(input);
    }
    return r;
}

hf::client_record client(fuzz::bytes& input)
{
    hf::client_record r{.name = std::string(input.text()),
                        .kind = std::string(input.text()),
                        .endpoint = std::string(input.text())};
    if (input.byte() % 4 == 0)
        r.secrets.emplace(input.text(), input.text());
    r.retry = retry(input);
    for (auto* const d : {&r.attempt_timeout, &r.prepare_timeout, &r.stop_timeout, &r.stable_after,
                          &r.delay_floor, &r.child.stop_timeout})
        if (input.byte() % 4 == 0)
            *d = length_of_time(input);
    const auto flags = input.byte();
    r.thread_safe = (flags & 1U) != 0;
    r.child.must_be_ready = (flags & 2U) != 0;
    return r;
}

hf::tree_record tree(fuzz::bytes& input, int depth)
{
    hf::tree_record r{.name = std::string(input.text())};
    if (input.byte() % 4 == 0)
        r.stop_timeout = length_of_time(input);
    if (input.byte() % 4 == 0)
        r.child_stop_timeout = std::nullopt;
    while (!input.empty() && r.services.size() < 4)
        if (depth < 20 && input.byte() % 3 == 0)
            r.services.push_back({tree(input, depth + 1)});
        else
            r.services.push_back({client(input)});
    return r;
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    if (input.byte() % 2 == 0)
    {
        const auto text = input.rest();
        read_text(text, &hf::tree_from_json);
        read_text(text, &hf::client_from_json);
        return 0;
    }
    try
    {
        check_round_trip(tree(input, 0), &hf::tree_from_json);
    }
    catch (const hf::saving_error& refusal)
    {
        check_refusal(refusal);
    }
    return 0;
}
