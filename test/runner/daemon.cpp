// SPDX-License-Identifier: BSL-1.0
// A daemon that says on its standard output what is done to it. Its arguments are NAME=VALUE, its
// input lines of orders.
#include <holdfast/runner.hpp>
#include <holdfast/runner/passed_sockets.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;

using arguments = std::map<std::string, std::string>;

void say(const std::string& line)
{
    std::cout << line << std::endl;
}

/// A service that does as `kind` says.
class member final : public hf::service
{
public:
    member(executor_type executor, std::string kind)
        : service(std::move(executor), "member")
        , kind_(std::move(kind))
    {
    }

    void retry_now() override { say("retried"); }
    void be_ready() { became_ready(); }

private:
    void do_privileged_start() override
    {
        say("privileged as " + std::to_string(::geteuid()));
        if (kind_ == "throws_privileged")
            throw std::runtime_error("no such port");
    }

    void do_start() override
    {
        say("started as " + std::to_string(::geteuid()));
        if (kind_ == "throws")
            throw std::runtime_error("nothing to start");
    }

    void do_stop() override
    {
        say("stopping");
        if (kind_ != "stuck")
            stopped(kind_ == "fails_to_stop" ? asio::error::broken_pipe : hf::error_code());
    }

    bool ready_when_started() const noexcept override
    {
        return kind_ != "late" && kind_ != "gives_up";
    }

    void do_await_ready() override
    {
        say("awaited");
        if (kind_ == "gives_up")
            will_not_be_ready({{{.path = path(),
                                 .step = hf::service_step::becoming_ready,
                                 .code = asio::error::connection_refused}}});
    }

    std::string kind_;
};

/// Carries out the orders that come in.
class orders
{
public:
    orders(hf::runner& r, std::shared_ptr<member> m, std::string& status)
        : runner_(r)
        , member_(std::move(m))
        , status_(status)
        , input_(r.context(), ::dup(STDIN_FILENO))
    {
        next();
    }

private:
    void next()
    {
        asio::async_read_until(input_, asio::dynamic_buffer(text_), '\n',
                               [this](hf::error_code ec, std::size_t length)
                               {
                                   if (ec)
                                       return;
                                   carry_out(text_.substr(0, length - 1));
                                   text_.erase(0, length);
                                   next();
                               });
    }

    void carry_out(const std::string& order)
    {
        if (order == "ready")
            member_->be_ready();
        else if (order == "stop")
            runner_.stop();
        else if (order == "hang")
        {
            say("hanging");
            for (;;)
                ::pause();
        }
        else if (order == "show")
        {
            std::ifstream file("/proc/self/status");
            for (std::string line; std::getline(file, line);)
                say(line);
            say("may setuid: " + std::to_string(::setuid(0)));
            say(std::string("home: ") + std::getenv("HOME"));
            say("shown");
        }
        else if (order == "make")
        {
            const int made = ::open("made", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            say(made >= 0 ? "made" : "not made");
            ::close(made);
        }
        else if (order.starts_with("status "))
        {
            status_ = order.substr(7);
            for (auto at = status_.find('|'); at != status_.npos; at = status_.find('|'))
                status_[at] = '\n';
        }
    }

    hf::runner& runner_;
    std::shared_ptr<member> member_;
    std::string& status_;
    asio::posix::stream_descriptor input_;
    std::string text_;
};

hf::runner_options options_of(arguments a, const std::string& status)
{
    hf::runner_options o{.name = "root",
                         .working_directory = a["directory"],
                         .pid_file = a["pid_file"],
                         .user = a["user"],
                         .group = a["group"],
                         .allow_root = a.contains("allow_root")};
    if (a.contains("stop_timeout"))
        o.stop_timeout = std::chrono::milliseconds(std::stoi(a["stop_timeout"]));
    if (a.contains("umask"))
        o.umask = static_cast<unsigned>(std::stoul(a["umask"], nullptr, 8));
    if (a.contains("reload"))
        o.on_reload = [] { say("reloaded"); };
    if (a.contains("reload_throws"))
        o.on_reload = [] { throw std::runtime_error("the reload threw"); };
    o.status = [&status] { return status; };
    return o;
}

void show_passed_sockets()
{
    for (const auto& s : hf::passed_sockets())
    {
        const int number = s.descriptor.get();
        int listens = 0;
        socklen_t size = sizeof listens;
        ::getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
        say("passed " + s.name + " " + std::to_string(number) +
            ((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0 ? " closed on exec" : "") +
            (listens != 0 ? " listens" : ""));
    }
    say("then " + std::to_string(hf::passed_sockets().size()));
}

int run(const arguments& a)
{
    if (a.contains("sockets"))
        show_passed_sockets();
    std::string status;
    hf::runner runner(options_of(a, status));
    const auto kind = a.find("member");
    const auto m = runner.tree().add(std::make_shared<member>(
        runner.context().get_executor(), kind == a.end() ? "plain" : kind->second));
    const orders o(runner, m, status);
    const auto result = runner.run();
    say("end: " + result.why);
    // LeakSanitizer looks at the process from outside, which one that has changed its user refuses.
    ::prctl(PR_SET_DUMPABLE, 1);
    return static_cast<int>(result.end);
}
}

int main(int argc, char** argv)
{
    arguments a;
    for (int i = 1; i < argc; ++i)
    {
        const std::string text = argv[i];
        const auto at = text.find('=');
        a[text.substr(0, at)] = at == text.npos ? "" : text.substr(at + 1);
    }
    try
    {
        return run(a);
    }
    catch (const std::exception& e)
    {
        say(std::string("thrown: ") + e.what());
        return 99;
    }
}
