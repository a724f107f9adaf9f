// SPDX-License-Identifier: BSL-1.0
#include "site.hpp"

#include "json_text.hpp"
#include "page/html.hpp"
#include "page/web_files.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tool
{
namespace
{
constexpr std::string_view json_type = "application/json";

/// For the page alone: what it consists of comes from here, and nothing stands in it that could be
/// mistaken for a script.
constexpr std::string_view page_policy =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n";

page_answer file(std::string_view type, std::string_view content)
{
    return {.type = type, .body = std::string(content)};
}
}

page_answer refusal(unsigned status, std::string_view why)
{
    return {.status = status, .body = std::string(why) + '\n'};
}

site::site(services_view& view, access who) : view_(view), access_(std::move(who)), timelines_(view)
{
}

page_answer site::answer(const page_request& r) const
{
    if (r.host && !access_.knows_host(*r.host))
        return refusal(421, "this is not the host that was asked for; use 127.0.0.1 or localhost");
    if (!r.target.starts_with('/'))
        return refusal(400, "the target of the request is no path");
    const auto path = r.target.substr(0, std::min(r.target.find('?'), r.target.size()));
    if (path != "/healthz" && !access_.admits(r.authorization))
    {
        auto refused = refusal(401, "the token is missing or wrong: it is expected as "
                                    "\"Authorization: Bearer TOKEN\", or as a password");
        refused.fields = "WWW-Authenticate: Basic realm=\"holdfast\", charset=\"UTF-8\"\r\n"
                         "WWW-Authenticate: Bearer realm=\"holdfast\"\r\n";
        return refused;
    }
    if (r.method != "GET" && r.method != "HEAD")
    {
        auto refused = refusal(405, "nothing can be changed here: only GET and HEAD are answered");
        refused.fields = "Allow: GET, HEAD\r\n";
        return refused;
    }
    return answer(path, r.accept);
}

page_answer site::answer(std::string_view path, std::string_view accept) const
{
    constexpr std::string_view one_service = "/api/services/";
    if (path == "/")
        return {.type = "text/html; charset=utf-8",
                .body = html_page(view_, timelines_, this_moment()),
                .fields = std::string(page_policy)};
    if (path == "/style.css")
        return file("text/css; charset=utf-8", web::style_css);
    if (path == "/page.js")
        return file("text/javascript; charset=utf-8", web::page_js);
    if (path == "/icon.svg")
        return file("image/svg+xml", web::icon_svg);
    if (path == "/healthz")
        return {.body = "ok\n"};
    if (path == "/readyz")
        return readiness();
    if (path == "/metrics")
    {
        const bool open = accept.find("application/openmetrics-text") != accept.npos;
        return {.type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                             : "text/plain; version=0.0.4; charset=utf-8",
                .body = view_.metrics(open ? hf::metrics_format::open_metrics
                                           : hf::metrics_format::prometheus)};
    }
    if (path == "/api/services")
        return services();
    if (path.starts_with(one_service))
        return service(path.substr(one_service.size()));
    if (path == "/api/events")
        return {.type = "text/event-stream", .watch = true};
    return refusal(404, "there is no such page; / has all services, /api/services tells them to "
                        "programs");
}

std::string site::event(const std::set<std::string, std::less<>>& names) const
{
    const auto m = this_moment();
    std::vector<std::string> present;
    std::vector<std::string> removed;
    if (names.empty())
        for (const auto& s : view_.all())
            present.push_back(json_of(s, m));
    for (const auto& name : names)
        if (const auto s = view_.find(name))
            present.push_back(json_of(*s, m));
        else
            removed.push_back(json_string(name));
    return "event: services\ndata: " +
           json_object()
               .add("now", '"' + m.text(m.now) + '"')
               .add("all", names.empty() ? "true" : "false")
               .add("services", json_array(present))
               .add("removed", json_array(removed))
               .text() +
           "\n\n";
}

page_answer site::readiness() const
{
    if (view_.ready())
        return {.body = "ok\n"};
    std::string missing;
    for (const auto& s : view_.all())
        if (s.must_be_ready && !s.ready)
            missing += "not ready: " + s.name + '\n';
    return {.status = 503, .body = missing.empty() ? "not ready\n" : std::move(missing)};
}

page_answer site::services() const
{
    const auto m = this_moment();
    std::vector<std::string> all;
    for (const auto& s : view_.all())
        all.push_back(json_of(s, m));
    return {.type = json_type,
            .body = json_object()
                        .add("now", '"' + m.text(m.now) + '"')
                        .add("ready", view_.ready() ? "true" : "false")
                        .add("services", json_array(all))
                        .text() +
                    '\n'};
}

page_answer site::service(std::string_view name) const
{
    const auto s = view_.find(name);
    if (!s)
        return refusal(404, "there is no service of this name; /api/services has them all");
    const auto m = this_moment();
    std::vector<std::string> attempts;
    for (const auto& a : view_.attempts(name))
        attempts.push_back(to_json(a, m));
    return {.type = json_type,
            .body = json_object()
                        .add("now", '"' + m.text(m.now) + '"')
                        .add("service", json_of(*s, m))
                        .add("attempts", json_array(attempts))
                        .text() +
                    '\n'};
}

std::string site::json_of(const service_status& s, const moment& m) const
{
    return to_json(s, view_.why(s.name), timelines_.find(s.name), m);
}

moment site::this_moment() const
{
    return {.now = view_.now(), .wall = std::chrono::system_clock::now()};
}
}
