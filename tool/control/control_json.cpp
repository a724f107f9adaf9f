// SPDX-License-Identifier: BSL-1.0
#include "control_json.hpp"

#include "json_text.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace tool
{
namespace
{
constexpr std::size_t addresses_max = 32; // of one failure; its text is cut as well

std::string_view truth(bool b)
{
    return b ? "true" : "false";
}

std::string json_of(const hf::address_failure& a)
{
    return json_object()
        .add("address", json_string(a.address))
        .add("reason", json_string(a.code.message()))
        .add("took", json_number(a.took))
        .text();
}

template <class List, class Write>
std::string list_of(const List& list, Write write)
{
    std::string text = "[";
    for (const auto& member : list)
    {
        text += text.size() > 1 ? "," : "";
        text += write(member);
    }
    return text + ']';
}
}

std::string json_of(const hf::failure& f)
{
    json_object object;
    object.add("phase", json_string(to_string(f.phase)))
        .add("attempt", std::to_string(f.attempt))
        .add("took", json_number(f.took))
        .add("reason", json_string(f.code ? f.code.message() : "closed in good order"))
        .add("category", json_string(f.code.category().name()))
        .add("value", std::to_string(f.code.value()));
    if (f.detail)
        object.add("detail", json_string(*f.detail));
    if (f.unacknowledged != 0)
        object.add("unacknowledged", std::to_string(f.unacknowledged));
    if (!f.addresses.empty())
    {
        const auto shown = std::min(f.addresses.size(), addresses_max);
        object.add("addresses", list_of(std::span(f.addresses).first(shown),
                                        [](const auto& a) { return json_of(a); }));
    }
    const hf::failure sentence{.code = f.code, // without what is said elsewhere
                               .phase = f.phase,
                               .attempt = f.attempt,
                               .took = f.took,
                               .unacknowledged = f.unacknowledged,
                               .exception = f.exception,
                               .detail = f.detail};
    return object.add("text", json_string(to_string(sentence))).text();
}

std::string json_of(const service_status& s, hf::time_point now)
{
    json_object object;
    object.add("name", json_string(s.name))
        .add("endpoint", json_string(s.endpoint))
        .add("job", json_string(s.job))
        .add("state", json_string(to_string(s.state)))
        .add("ready", truth(s.ready))
        .add("must_be_ready", truth(s.must_be_ready))
        .add("since", json_number(s.since - now))
        .add("attempt", std::to_string(s.attempt))
        .add("failures", std::to_string(s.failures))
        .add("connections", std::to_string(s.connections));
    if (s.next_attempt)
        object.add("next_attempt", json_number(*s.next_attempt - now));
    if (s.last_failure)
        object.add("last_failure", json_of(*s.last_failure));
    if (s.failed_at)
        object.add("failed_at", json_number(*s.failed_at - now));
    return object.text();
}

std::string json_of(const std::vector<service_status>& list, hf::time_point now)
{
    return list_of(list, [now](const auto& s) { return json_of(s, now); });
}

std::string json_of(const hf::attempt_record& a, hf::time_point now)
{
    json_object object;
    object.add("attempt", std::to_string(a.attempt)).add("began", json_number(a.began - now));
    if (a.connected)
        object.add("connected", json_number(*a.connected - now));
    if (a.ended)
        object.add("ended", json_number(*a.ended - now));
    if (a.why)
        object.add("why", json_of(*a.why));
    if (a.next)
        object.add("next", json_number(*a.next - now));
    return object.text();
}
}
