// SPDX-License-Identifier: BSL-1.0
#include "run/config.hpp"

#include "dialogue.hpp"
#include "known_endpoints.hpp"
#include "retry_option.hpp"
#include "run/listen_address.hpp"
#include "run/toml_table.hpp"

#include <holdfast/resolvers/fixed_addresses.hpp>
#include <holdfast/saving/service_kinds.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

namespace tool
{
namespace
{
constexpr std::size_t name_length_max = 64;

void refuse_bad_name(const std::string& name)
{
    const auto allowed = [](char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    if (name.empty() || name.size() > name_length_max || !std::ranges::all_of(name, allowed))
        throw std::invalid_argument(
            "the name " + quoted(name) +
            " must be made of 1 to 64 letters, digits, points, hyphens and underscores");
}

/// The program may go to another folder, and back to the file on a reload.
void must_be_absolute(const toml_table& t, std::string_view key, std::string_view path)
{
    if (!path.empty() && !path.starts_with('/'))
        t.refuse(key, quoted(path) + " must be a path that begins with /");
}

/// What a service may have of [defaults] as well.
void read_shared(toml_table& t, service_config& s)
{
    t.read("retry", s.retry);
    if (t.has("fail_after"))
    {
        std::size_t n = 0;
        t.read_count("fail_after", n, 1, 1'000'000'000);
        s.fail_after = static_cast<unsigned>(n);
    }
    t.checked("retry", [&] { static_cast<void>(parse_retry(s.retry, s.fail_after)); });
    t.read("attempt_timeout", s.attempt_timeout);
    t.read("prepare_timeout", s.prepare_timeout);
    t.read("stop_timeout", s.stop_timeout);
    t.read("stable_after", s.stable_after, hf::duration::zero());
    t.read("idle_timeout", s.idle_timeout);
    t.read("max_age", s.max_age);
    t.read("must_be_ready", s.must_be_ready);
    t.read("autostart", s.autostart);
    for (const auto& [key, value] :
         {std::pair("attempt_timeout", s.attempt_timeout),
          std::pair("prepare_timeout", s.prepare_timeout),
          std::pair("stop_timeout", s.stop_timeout), std::pair("stable_after", s.stable_after)})
        if (value > std::chrono::hours(24))
            t.refuse(key, "must be at most 24 hours");
}

void read_steps(toml_table& t, service_config& s)
{
    t.each("prepare",
           [&](toml_table& step)
           {
               const bool sends = step.has("send");
               if (sends == step.has("expect"))
                   t.refuse("prepare", R"(each step is { send = "TEXT" } or { expect = "REGEX" })");
               const auto* const key = sends ? "send" : "expect";
               auto& made = s.prepare.emplace_back(prepare_step{.expect = !sends});
               step.read(key, made.text);
               step.checked(key,
                            [&]
                            {
                                dialogue d;
                                sends ? d.send(made.text) : d.expect(made.text);
                            });
           });
}

forward_job read_forward(toml_table& t)
{
    forward_job f;
    t.read("forward", f.listen);
    t.checked("forward", [&] { static_cast<void>(listen_address(f.listen)); });
    if (f.listen.starts_with("unix:"))
        must_be_absolute(t, "forward", std::string_view(f.listen).substr(5));
    t.read_count("forward_clients", f.clients, 1, 10'000);
    t.read("forward_wait", f.wait);
    return f;
}

void read_job(toml_table& t, service_config& s)
{
    bool hold = false;
    t.read("hold", hold);
    std::vector<std::string_view> found;
    for (const std::string_view kind : {"forward", "exec", "log"})
        if (t.has(kind))
            found.push_back(kind);
    if (hold)
        found.emplace_back("hold");
    if (found.size() > 1)
        t.refuse(found[1],
                 fmt::format("a connection is for one thing, and {} is there already", found[0]));
    for (const std::string_view key : {"forward_clients", "forward_wait"})
        if (t.has(key) && !t.has("forward"))
            t.refuse(key, "goes with forward");
    const auto needed = [&](std::string_view key, std::string& value)
    {
        t.read(key, value);
        if (value.empty())
            t.refuse(key, "must not be empty");
    };
    if (t.has("forward"))
        s.job = read_forward(t);
    else if (t.has("exec"))
        needed("exec", s.job.emplace<exec_job>().command);
    else if (t.has("log"))
    {
        auto& file = s.job.emplace<log_job>().file;
        needed("log", file);
        must_be_absolute(t, "log", file);
    }
}

void read_endpoint(toml_table& t, service_config& s)
{
    t.read("endpoint", s.endpoint);
    t.read("secrets", s.secrets);
    t.read("resolve", s.resolve);
    for (const auto& [key, reference] : s.secrets)
        if (reference.starts_with("file:"))
            must_be_absolute(t, "secrets", std::string_view(reference).substr(5));
    if (s.endpoint.empty())
        t.refuse("endpoint", R"(is needed: where to connect to, such as "tcp:127.0.0.1:6379")");
    try
    {
        static_cast<void>(
            hf::make_endpoint({.endpoint = s.endpoint, .secrets = s.secrets}, known_endpoints()));
    }
    catch (const hf::saving_error& e)
    {
        const bool of_secret = e.member().starts_with("secrets");
        const std::string_view what = e.what();
        t.refuse(of_secret ? "secrets" : "endpoint",
                 std::string(what.substr(std::min(what.size(), e.member().size() + 2))));
    }
    catch (const std::invalid_argument& e)
    {
        t.refuse("endpoint", e.what());
    }
    for (const auto& r : s.resolve)
        t.checked("resolve", [&] { static_cast<void>(hf::parse_fixed_address(r)); });
}

service_config read_service(toml_table& t, const std::string& name, const service_config& defaults)
{
    auto s = defaults;
    s.name = name;
    read_endpoint(t, s);
    read_shared(t, s);
    read_steps(t, s);
    read_job(t, s);
    t.finish();
    return s;
}

void read_daemon(toml_table& t, daemon_config& d)
{
    t.read("name", d.name);
    t.checked("name", [&] { refuse_bad_name(d.name); });
    t.read("control", d.control);
    t.read("control_users", d.control_users);
    t.read("status", d.status);
    t.read("status_token", d.status_token);
    if (!d.status_token.empty() && !d.status_token.starts_with("env:") &&
        !d.status_token.starts_with("file:"))
        t.refuse("status_token",
                 "must be env:NAME or file:PATH, which say where the token is read from");
    t.read("user", d.user);
    t.read("group", d.group);
    t.read("allow_root", d.allow_root);
    t.read("pid_file", d.pid_file);
    t.read("working_directory", d.working_directory);
    for (const auto& [key, path] :
         {std::pair("control", d.control), std::pair("pid_file", d.pid_file),
          std::pair("working_directory", d.working_directory)})
        must_be_absolute(t, key, path);
    if (t.has("umask"))
    {
        std::string text;
        t.read("umask", text);
        unsigned mask = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mask, 8);
        if (error != std::errc() || end != text.data() + text.size() || mask > 0777)
            t.refuse("umask", R"(must be a text of octal digits such as "027")");
        d.umask = mask;
    }
    t.read("stop_timeout", d.stop_timeout);
    t.read("log", d.log, {{"text", hf::log_format::text}, {"json", hf::log_format::json}});
    t.read("log_everything", d.log_everything);
    t.finish();
}

/// The services in the order in which they stand in the file, which a table of TOML forgets.
std::vector<std::pair<std::string, const toml::node*>> in_order(const toml::table& services)
{
    std::vector<std::pair<std::string, const toml::node*>> all;
    all.reserve(services.size());
    for (const auto& [key, node] : services)
        all.emplace_back(key.str(), &node);
    std::ranges::sort(all, {},
                      [](const auto& s)
                      {
                          const auto& begin = s.second->source().begin;
                          return std::pair(begin.line, begin.column);
                      });
    return all;
}

const toml::table& table_of(toml_table& top, std::string_view key)
{
    static const toml::table none;
    if (!top.has(key))
        return none;
    const auto* node = top.table().get(key);
    if (!node->is_table())
        top.refuse(key, "must be a table");
    return *node->as_table();
}

configuration read(const toml::table& whole, const std::string& file)
{
    configuration c;
    toml_table top(whole, file, "");
    toml_table daemon(table_of(top, "daemon"), file, "daemon");
    read_daemon(daemon, c.daemon);
    service_config defaults;
    toml_table shared(table_of(top, "defaults"), file, "defaults");
    read_shared(shared, defaults);
    shared.finish();
    const auto& services = table_of(top, "services");
    for (const auto& [name, node] : in_order(services))
    {
        toml_table all(services, file, "services");
        all.checked(name, [&asked = name] { refuse_bad_name(asked); });
        if (!node->is_table())
            all.refuse(name, "must be a table");
        toml_table one(*node->as_table(), file, "services." + name);
        c.services.push_back(read_service(one, name, defaults));
    }
    top.finish();
    if (c.services.empty())
        throw config_error(place(file, whole.source()) +
                           "there is no service; one begins with a line such as [services.cache]");
    return c;
}
}

std::string to_string(const job_config& j)
{
    struct text
    {
        std::string operator()(const hold_job&) const { return "hold"; }
        std::string operator()(const forward_job& f) const { return "forward from " + f.listen; }
        std::string operator()(const exec_job&) const { return "exec"; }
        std::string operator()(const log_job& l) const { return "log to " + l.file; }
    };
    return std::visit(text(), j);
}

configuration parse_config(std::string_view text, const std::string& name)
{
    if (text.size() > config_length_max)
        throw config_error(one_line(name, 4096) + ": has more than 16 MiB");
    try
    {
        return read(toml::parse(text, name), name);
    }
    catch (const toml::parse_error& e)
    {
        throw config_error(place(name, e.source()) + one_line(e.description(), 300));
    }
}

configuration read_config(const std::string& path)
{
    std::ifstream stream(path, std::ios::binary);
    std::string text(config_length_max + 1, '\0');
    if (!stream ||
        (!stream.read(text.data(), static_cast<std::streamsize>(text.size())) && !stream.eof()))
        throw config_error(one_line(path, 4096) + ": cannot be read: " +
                           error_code(errno, boost::system::system_category()).message());
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return parse_config(text, path);
}
}
