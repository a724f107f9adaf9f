// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/process.hpp>

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/duration.hpp>
#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/description.hpp>

#include "../quoted.hpp"
#include "child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <unistd.h>

namespace holdfast
{
using namespace std::chrono_literals;

struct process::target
{
    std::string program;
    std::vector<std::string> arguments;
    process_options options;
};

namespace
{
constexpr duration grace_max = 1h;

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("process: " + what);
}

void refuse_zero_byte(const std::string& text, const char* what)
{
    if (text.find('\0') != std::string::npos)
        refuse(std::string(what) + " has a zero byte");
}

/// Runs the program, which is done at once.
class process_dial final : public detail::dial_op<process_stream>
{
public:
    process_dial(handler done, const dial_context& context,
                 std::shared_ptr<const process::target> target)
        : dial_op(std::move(done), context)
        , target_(std::move(target))
    {
    }

private:
    void begin() override
    {
        dial_report& report = *context_.report;
        report.phase = phase::connect;
        const auto began = now();
        detail::launched child;
        const auto& [program, arguments, options] = *target_;
        auto ec = detail::launch(program, arguments, options, child);
        const auto id = child.id;
        std::shared_ptr<detail::child_process> adopted;
        if (ec)
            report.detail = std::make_shared<const std::string>(culprit(ec));
        else
            adopted = detail::child_process::adopt(context_, options.grace, child, ec);
        if (auto* const trace = trace_of(report))
            tell(*trace, began, ec, id);
        if (ec)
            return post_failure(ec);
        post_completion({}, {context_.executor, std::move(adopted)});
    }

    /// What the system's error is about.
    std::string culprit(error_code ec) const
    {
        const auto& directory = target_->options.directory;
        if (!directory.empty() && ::access(directory.c_str(), X_OK) != 0 && errno == ec.value())
            return "the directory " + detail::quoted(directory);
        return "the program " + detail::quoted(target_->program);
    }

    void tell(dial_trace& trace, time_point began, error_code ec, ::pid_t id) const
    {
        dial_step step{.phase = phase::connect,
                       .what = "run " + detail::one_line(target_->program, 200),
                       .began = began,
                       .ended = now(),
                       .code = ec,
                       .detail =
                           context_.report->detail ? *context_.report->detail : std::string()};
        if (!ec)
            step.facts.emplace_back("process", std::to_string(id));
        trace.step(std::move(step));
    }

    void close_all() noexcept override {} // what has begun has ended

    const std::shared_ptr<const process::target> target_;
};

/// `exec:program:argument...`, its options by their keys.
any_endpoint make_process(const description& d, const registry&)
{
    const bool named =
        std::ranges::any_of(d.keywords, [](const auto& k) { return k.key == "program"; });
    description head = d; // without the arguments, of which there may be any number
    head.positional.resize(named ? 0 : std::min<std::size_t>(d.positional.size(), 1));
    const argument_reader reader(head, {"program"}, {"cwd", "stderr", "grace"});

    const auto& program = reader.text("program");
    std::vector<std::string> arguments;
    for (auto i = head.positional.size(); i < d.positional.size(); ++i)
    {
        const auto& given = d.positional[i];
        if (given.value.find('\0') != given.value.npos)
            throw description_error(d.text, given.column, "an argument has a zero byte");
        arguments.push_back(given.value);
    }
    process_options o;
    if (reader.find("cwd") != nullptr)
        o.directory = reader.text("cwd");
    if (const auto choice = reader.choice("stderr", {"inherit", "null"}))
        o.errors = *choice == 0 ? process_stderr::inherit : process_stderr::null;
    if (const auto grace = reader.length_of_time("grace"))
    {
        if (*grace > grace_max)
            reader.refuse("grace", "at most one hour");
        o.grace = *grace;
    }
    return process(program, std::move(arguments), std::move(o));
}
}

process::process(std::string program, std::vector<std::string> arguments, process_options options)
{
    if (program.empty())
        refuse("the program is empty");
    refuse_zero_byte(program, "the program");
    for (const auto& argument : arguments)
        refuse_zero_byte(argument, "an argument");
    for (const auto& variable : options.environment)
    {
        refuse_zero_byte(variable, "environment");
        if (variable.find('=') == std::string::npos || variable.starts_with('='))
            refuse("environment: each is NAME=VALUE");
    }
    refuse_zero_byte(options.directory, "directory");
    if (options.grace <= 0s || options.grace > grace_max)
        refuse("grace " + to_string(options.grace) + " is not between zero and one hour");
    target_ = std::make_shared<const target>(
        target{std::move(program), std::move(arguments), std::move(options)});
}

const std::string& process::program() const noexcept
{
    return target_->program;
}

const std::vector<std::string>& process::arguments() const noexcept
{
    return target_->arguments;
}

const process_options& process::options() const noexcept
{
    return target_->options;
}

void process::start_connect::start(
    asio::any_completion_handler<void(error_code, stream_type&&)> done,
    std::shared_ptr<const target> target, const dial_context& context)
{
    process_dial::start<process_dial>(std::move(done), context, std::move(target));
}

std::string to_string(const process& endpoint)
{
    const process_options usual;
    const process_options& o = endpoint.options();
    description d{.prefix = "exec", .positional = {{endpoint.program()}}};
    for (const auto& argument : endpoint.arguments())
        d.positional.push_back({argument});
    const auto add = [&](const char* key, std::string value)
    { d.keywords.push_back({.key = key, .value = {std::move(value)}}); };
    if (!o.directory.empty())
        add("cwd", o.directory);
    if (o.errors != usual.errors)
        add("stderr", "null");
    if (o.grace != usual.grace)
        add("grace", to_string(o.grace));
    return to_string(d);
}

void process::register_endpoints(registry& known)
{
    known.add("exec", make_process);
}
}
