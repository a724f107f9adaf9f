// SPDX-License-Identifier: BSL-1.0
// Lines of the log, the words of a history and the labels of metrics, about names, endpoints and
// reasons of any bytes.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "fuzz/json.hpp"
#include "observe/line_format.hpp"
#include "observe/metrics_series.hpp"

#include <holdfast/observe/history.hpp>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace
{
namespace hf = holdfast;

constexpr std::array kinds{
    hf::event_kind::already_started, hf::event_kind::dialling, hf::event_kind::preparing,
    hf::event_kind::connected,       hf::event_kind::failed,   hf::event_kind::lost,
    hf::event_kind::waiting,         hf::event_kind::parked,   hf::event_kind::forced,
    hf::event_kind::policy_failed,   hf::event_kind::stopping, hf::event_kind::stopped};

hf::duration length_of_time(fuzz::bytes& input)
{
    return hf::duration(static_cast<std::int64_t>(input.number() >> (1 + input.byte() % 63)));
}

std::shared_ptr<const hf::failure> failure(fuzz::bytes& input)
{
    auto f = std::make_shared<hf::failure>();
    f->phase = static_cast<hf::phase>(input.byte() % 7);
    f->code = boost::system::error_code(input.byte(), boost::system::system_category());
    f->attempt = input.byte();
    f->took = length_of_time(input);
    f->unacknowledged = input.byte();
    f->endpoint = std::make_shared<const std::string>(input.text());
    for (auto count = input.byte() % 4; count > 0; --count)
        f->addresses.push_back({std::string(input.text()), f->code, f->took});
    f->exception = std::make_exception_ptr(std::runtime_error(std::string(input.text())));
    return f;
}

/// What the value of a label stands for, as Prometheus reads it; none if it does not.
std::optional<std::string> read_label(std::string_view label)
{
    constexpr std::string_view begin = "service=\"";
    if (!label.starts_with(begin))
        return std::nullopt;
    std::string value;
    for (auto at = begin.size(); at < label.size(); ++at)
    {
        const char c = label[at];
        if (c == '"')
            return at + 1 == label.size() ? std::optional(value) : std::nullopt;
        if (c == '\n')
            return std::nullopt;
        if (c != '\\')
        {
            value += c;
            continue;
        }
        ++at;
        if (at == label.size() || std::string_view("\\\"n").find(label[at]) == label.npos)
            return std::nullopt;
        value += label[at] == 'n' ? '\n' : label[at];
    }
    return std::nullopt;
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    hf::event e{.kind = kinds.at(input.byte() % kinds.size())};
    e.attempt = input.byte();
    e.failures = input.byte();
    e.delay = length_of_time(input);
    e.at = hf::time_point(length_of_time(input) / 2);
    e.next_attempt = e.at + e.delay / 4;
    const hf::detail::line_context context{.passed_over = input.byte() % 3U};
    if (const auto flags = input.byte(); flags % 2 != 0)
        e.why = failure(input);
    e.name = input.text();
    e.endpoint = input.rest();

    const auto line = text_line(e, context);
    fuzz::check(fuzz::is_one_line(line) && line.size() < 1100, "a line of the log is one line",
                line);
    fuzz::check(e.kind != hf::event_kind::waiting || line.find("next attempt in ") != line.npos,
                "a line tells when the next attempt is, whatever others wrote", line);
    const auto object = json_line(e, context);
    fuzz::check(fuzz::is_one_line(object), "a JSON line is one line", object);
    fuzz::check(fuzz::is_json(object), "a JSON line is JSON, in UTF-8", object);

    e.state = static_cast<hf::service_state>(e.attempt % 11);
    const hf::history past(1);
    past(e);
    const auto why = past.why(e.at);
    fuzz::check(fuzz::is_one_line(why) && why.size() < 1100, "a history says one line", why);

    const auto label = hf::detail::service_label(e.name);
    const auto name = read_label(label);
    fuzz::check(name && fuzz::is_utf8(*name), "a label is quoted, in UTF-8", label);
    fuzz::check(*name == e.name || !fuzz::is_utf8(e.name), "a label is the name", label);
    return 0;
}
