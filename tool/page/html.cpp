// SPDX-License-Identifier: BSL-1.0
#include "html.hpp"

#include "page/web_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

namespace tool
{
using namespace std::chrono_literals;

namespace
{
/// A length of time in its two largest units: `3 h 12 min`.
std::string say(hf::duration d)
{
    const auto s = std::chrono::floor<std::chrono::seconds>(std::max(d, hf::duration::zero()));
    const auto count = s.count();
    if (s < 1min)
        return fmt::format("{} s", count);
    if (s < 1h)
        return fmt::format("{} min {} s", count / 60, count % 60);
    if (s < 24h)
        return fmt::format("{} h {} min", count / 3600, count / 60 % 60);
    return fmt::format("{} d {} h", count / 86'400, count / 3600 % 24);
}

/// What the timeline is drawn in: a column for each minute, that of now at the right. It stands on
/// the line where there was a connection, and hangs from it where there should have been one.
constexpr int line_at = 18;
constexpr int above_max = 16;
constexpr int below_max = 10;
constexpr int below_min = 4; // a loss of a moment is seen
constexpr std::string_view hours = "M60 27v3M120 27v3M180 27v3M240 27v3M300 27v3";

void draw(std::string& to, const std::vector<timeline::run>& runs)
{
    std::size_t count = 0;
    for (const auto& r : runs)
        count += r.count;
    std::string above;
    std::string below;
    auto x = timeline::buckets_max - count;
    for (const auto& [n, each] : runs)
    {
        constexpr int whole = timeline::bucket::whole;
        if (const int h = each.connected * above_max / whole; h > 0)
            fmt::format_to(std::back_inserter(above), "M{} {}v-{}h{}v{}z", x, line_at, h, n, h);
        if (each.trying > 0)
        {
            const int h = std::max(each.trying * below_max / whole, below_min);
            fmt::format_to(std::back_inserter(below), "M{} {}v{}h{}v-{}z", x, line_at, h, n, h);
        }
        x += n;
    }
    fmt::format_to(std::back_inserter(to),
                   R"(<path class="above" d="{}"/><path class="below" d="{}"/>)"
                   R"(<path class="hours" d="{}"/><path class="base" d="M{} {}H{}"/>)",
                   above, below, hours, timeline::buckets_max - count, line_at,
                   timeline::buckets_max);
}

/// What the drawing tells, in words.
std::string describe(const std::vector<timeline::run>& runs)
{
    std::size_t known = 0;
    std::size_t connected = 0;
    std::size_t trying = 0;
    for (const auto& r : runs)
    {
        known += r.count * timeline::bucket::whole;
        connected += r.count * r.each.connected;
        trying += r.count * r.each.trying;
    }
    if (known == 0)
        return "nothing is known yet";
    const auto percent = [known](std::size_t n) { return (n * 100 + known / 2) / known; };
    return fmt::format("Of the last {}: connected {} %, trying {} %, stopped {} %",
                       say(std::chrono::seconds(known)), percent(connected), percent(trying),
                       percent(known - connected - trying));
}

/// What is the matter, in the line of a service that should be connected and is not.
std::string trouble(const service_status& s, const moment& m)
{
    std::string text;
    if (standing_of(s.state) != standing::trying)
        return text;
    if (s.last_failure)
        text =
            fmt::format("{} (in {})", reason_of(*s.last_failure), to_string(s.last_failure->phase));
    if (s.failures > 1)
        text += fmt::format(" · {} failures in a row", s.failures);
    if (s.next_attempt)
        text += *s.next_attempt > m.now
                    ? fmt::format(" · next attempt in {}", say(*s.next_attempt - m.now))
                    : " · next attempt now";
    return text.starts_with(" · ") ? text.substr(4) : text; // the dot takes two bytes
}

void fact(std::string& to, std::string_view field, std::string_view name, std::string_view value)
{
    fmt::format_to(std::back_inserter(to), R"(<div{}><dt>{}</dt><dd data-field="{}">{}</dd></div>)",
                   value.empty() ? " hidden" : "", name, field, html_text(value));
}

std::string last_failure(const service_status& s, const moment& m)
{
    if (!s.last_failure)
        return {};
    const auto ago = s.failed_at ? say(m.now - *s.failed_at) + " ago: " : std::string();
    return ago + to_string(*s.last_failure);
}

/// One service; one without a name is for the script to fill.
void service(std::string& to, const service_status& s, const services_view& view,
             const timeline* line, const moment& m)
{
    const auto runs = line != nullptr ? line->runs(m.now) : std::vector<timeline::run>();
    const auto matter = trouble(s, m);
    fmt::format_to(std::back_inserter(to),
                   R"(<details class="service" data-name="{0}" data-standing="{1}"><summary>)"
                   R"(<span class="mark" aria-hidden="true"></span><span class="title"><span )"
                   R"(class="name">{0}</span> <span class="job" data-field="job">{2}</span></span>)"
                   R"(<span class="state">)"
                   R"(<b data-field="state">{3}</b> <span data-field="since">{4}</span></span>)"
                   R"(<svg class="timeline" role="img" viewBox="0 0 360 30" )"
                   R"(preserveAspectRatio="none" aria-label="{5}">)",
                   html_text(s.name), to_string(standing_of(s.state)), html_text(s.job),
                   to_string(s.state), say(m.now - s.since), describe(runs));
    draw(to, runs);
    fmt::format_to(std::back_inserter(to),
                   R"(</svg><span class="trouble" data-field="trouble"{}>{}</span></summary><dl>)",
                   matter.empty() ? " hidden" : "", html_text(matter));
    fact(to, "endpoint", "Endpoint", s.endpoint);
    fact(to, "why", "Why", standing_of(s.state) == standing::trying ? view.why(s.name) : "");
    fact(to, "last_failure", "Last failure", last_failure(s, m));
    fact(to, "connections", "Connections", std::to_string(s.connections));
    fact(to, "attempt", "Attempts since its start", std::to_string(s.attempt));
    fact(to, "readiness", "Ready",
         s.ready           ? "yes"
         : s.must_be_ready ? "not yet, and the whole waits for it"
                           : "not yet");
    fmt::format_to(std::back_inserter(to),
                   R"(</dl><div class="attempts"></div><p class="source">)"
                   R"(<a href="/api/services/{}">All of it as JSON</a></p></details>)",
                   html_text(s.name));
}

struct section
{
    standing which;
    std::string_view title;
};

constexpr std::array sections{section{standing::trying, "Not connected"},
                              section{standing::stopped, "Stopped"},
                              section{standing::connected, "Connected"}};

std::string summary(const std::vector<service_status>& all)
{
    const auto count = [&all](standing which)
    {
        return std::count_if(all.begin(), all.end(), [which](const service_status& s)
                             { return standing_of(s.state) == which; });
    };
    const auto trying = count(standing::trying);
    const auto stopped = count(standing::stopped);
    auto text = all.empty()   ? std::string("No services")
                : trying != 0 ? fmt::format("{} of {} not connected", trying, all.size())
                : stopped == 0 && all.size() != 1
                    ? fmt::format("All {} connected", all.size())
                    : fmt::format("{} connected", count(standing::connected));
    if (stopped != 0)
        text += fmt::format(", {} stopped", stopped);
    return text;
}

/// Puts what `write` appends in the place of `mark`, which `page` has after `at`.
template <class Write>
void fill(std::string& to, std::string_view& page, std::string_view mark, const Write& write)
{
    const auto at = page.find(mark);
    to += page.substr(0, at);
    write();
    page.remove_prefix(at + mark.size());
}
}

std::string html_text(std::string_view text)
{
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text)
        switch (c)
        {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&#39;";
            break;
        default:
            if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == '\x7f')
                escaped += "\xef\xbf\xbd";
            else
                escaped += c;
        }
    return escaped;
}

std::string html_page(const services_view& view, const timelines& lines, const moment& m)
{
    const auto all = view.all();
    std::string page;
    page.reserve(web::index_html.size() + (all.size() + 1) * 2048);
    auto rest = web::index_html;
    fill(page, rest, "<!--title-->", [&] { page += summary(all); });
    fill(page, rest, "<!--summary-->", [&] { page += summary(all); });
    fill(page, rest, "<!--time-->", [&, now = m.text(m.now)]
         { page += now.substr(0, 10) + ' ' + now.substr(11, 8) + " UTC"; });
    fill(page, rest, "<!--services-->",
         [&]
         {
             for (const auto& [which, title] : sections)
             {
                 const auto within = [which](const service_status& s)
                 { return standing_of(s.state) == which; };
                 const auto count = std::count_if(all.begin(), all.end(), within);
                 fmt::format_to(std::back_inserter(page),
                                R"(<section data-standing="{}"{}><h2>{} <span class="count">{})"
                                R"(</span></h2><div class="services">)",
                                to_string(which), count == 0 ? " hidden" : "", title, count);
                 for (const auto& s : all)
                     if (within(s))
                         service(page, s, view, lines.find(s.name), m);
                 page += "</div></section>";
             }
         });
    fill(page, rest, "<!--row-->",
         [&] { service(page, service_status{.since = m.now}, view, nullptr, m); });
    return page.append(rest);
}
}
