// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_SITE_HPP
#define HOLDFAST_TOOL_PAGE_SITE_HPP

#include "page/access.hpp"
#include "page/service_json.hpp"
#include "page/timeline.hpp"
#include "run/services_view.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tool
{
/// What is asked for, as far as the answer depends on it.
struct page_request
{
    std::string_view method{};
    std::string_view target{};
    std::optional<std::string_view> host{};
    std::string_view authorization{};
    std::string_view accept{};
};

struct page_answer
{
    unsigned status = 200;
    std::string_view type = "text/plain; charset=utf-8";
    std::string body{};
    std::string fields{}; ///< More fields of the header, each with its line end.
    bool watch = false;   ///< The body goes on with events for as long as there is anybody.
};

/// An answer that is one line: what was wrong.
page_answer refusal(unsigned status, std::string_view why);

/// What the status page answers, apart from how it is asked. Knows no sockets.
class site
{
public:
    site(services_view& view, access who);

    page_answer answer(const page_request& r) const;

    /// An event for watchers: how the services of these names stand now, or that they are gone.
    /// Without names: all there are.
    std::string event(const std::set<std::string, std::less<>>& names) const;

private:
    page_answer answer(std::string_view path, std::string_view accept) const;
    page_answer readiness() const;
    page_answer services() const;
    page_answer service(std::string_view name) const;
    std::string json_of(const service_status& s, const moment& m) const;
    moment this_moment() const;

    services_view& view_;
    access access_;
    timelines timelines_;
};
}

#endif
