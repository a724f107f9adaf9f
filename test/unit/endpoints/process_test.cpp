// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/process.hpp>

#include "dial_fixture.hpp"
#include "support/ubsan.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/retry/immediately.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast
{
static_assert(endpoint<process>);

namespace
{
using namespace std::chrono_literals;
namespace e = boost::system::errc;

error_code exited(int status)
{
    return {status, process_category()};
}

error_code killed_by(int signal)
{
    return {256 + signal, process_category()};
}

process shell(const std::string& script, process_options options = {})
{
    return process("sh", {"-c", script}, std::move(options));
}

/// Some process, whoever's child it is.
class watched_process
{
public:
    explicit watched_process(int id)
        : descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)))
    {
        EXPECT_GE(descriptor_, 0) << "it is gone already";
    }

    watched_process(const watched_process&) = delete;
    watched_process& operator=(const watched_process&) = delete;
    ~watched_process() { ::close(descriptor_); }

    bool runs() const { return !ends_within(0); }
    bool ends() const { return ends_within(30'000); }

private:
    bool ends_within(int ms) const
    {
        pollfd p{descriptor_, POLLIN, 0};
        return ::poll(&p, 1, ms) == 1;
    }

    int descriptor_;
};

/// Dials processes; at the end none may be left, not even a zombie.
class process_test : public dial_fixture
{
protected:
    process_test() { EXPECT_EQ(children(), 0); }
    ~process_test() override
    {
        EXPECT_TRUE(runs_until([] { return children() == 0; })); // and no time passes
    }

    static int children()
    {
        siginfo_t child{};
        const int result = ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT);
        return result != 0 && errno == ECHILD ? 0 : 1;
    }

    process_stream connect(const process& endpoint)
    {
        const auto result = dial(endpoint);
        finish(result);
        EXPECT_EQ(result->code, error_code());
        return std::move(*result->stream);
    }

    template <class Condition>
    bool runs_until(Condition condition)
    {
        const auto limit = std::chrono::steady_clock::now() + 30s;
        io_.restart();
        while (!condition() && std::chrono::steady_clock::now() < limit)
            io_.run_one_until(limit);
        return condition();
    }

    using outcome_type = std::optional<std::pair<error_code, std::string>>;

    static auto read(process_stream& s, std::size_t size = 4096)
    {
        auto result = std::make_shared<outcome_type>();
        auto buffer = std::make_shared<std::string>(size, 0);
        s.async_read_some(asio::buffer(*buffer), [=](error_code ec, std::size_t n)
                          { *result = {ec, buffer->substr(0, n)}; });
        EXPECT_FALSE(*result) << "completed inside the initiating call";
        return result;
    }

    static auto write(process_stream& s, const std::string& text)
    {
        auto result = std::make_shared<std::optional<error_code>>();
        auto keep = std::make_shared<std::string>(text);
        asio::async_write(s, asio::buffer(*keep),
                          [=](error_code ec, std::size_t) { *result = ec; });
        EXPECT_FALSE(*result) << "completed inside the initiating call";
        return result;
    }

    /// All that it writes until it ends, and how.
    std::pair<error_code, std::string> read_all(process_stream& s)
    {
        std::string all;
        for (;;)
        {
            const auto part = read(s);
            if (!runs_until([&] { return part->has_value(); }))
                return {asio::error::timed_out, all};
            all += (*part)->second;
            if ((*part)->first)
                return {(*part)->first, all};
        }
    }

    /// Its next line, without its end.
    std::string read_line(process_stream& s)
    {
        std::string line;
        for (;;)
        {
            const auto part = read(s, 1);
            if (!runs_until([&] { return part->has_value(); }) || (*part)->first ||
                (*part)->second == "\n")
                return line;
            line += (*part)->second;
        }
    }

    std::string output_of(const process& endpoint)
    {
        auto stream = connect(endpoint);
        const auto [ec, text] = read_all(stream);
        EXPECT_EQ(ec, asio::error::eof) << ec.message();
        return text;
    }

    /// Runs until the process behind a stream that was closed has been waited for.
    bool ends(stream_link& link)
    {
        if (!link.ending())
            return true;
        bool told = false;
        link.when_ended([&] { told = true; });
        EXPECT_FALSE(told) << "told within the call";
        return runs_until([&] { return told; }) && !link.tied();
    }
};

TEST_F(process_test, CS_7E_what_is_written_it_reads_and_what_it_writes_is_read)
{
    auto stream = connect(process("cat"));
    EXPECT_EQ(stream.peer(), "process " + std::to_string(stream.id()));
    const auto written = write(stream, "ping\n");
    EXPECT_EQ(read_line(stream), "ping");
    EXPECT_EQ(*written, error_code());
    EXPECT_EQ(report_.phase, phase::connect);
}

TEST_F(process_test, CS_7E_ending_its_input_is_seen_by_it)
{
    auto stream = connect(process("cat"));
    write(stream, "last");
    settle();
    error_code ec = asio::error::eof;
    stream.shutdown_send(ec);
    EXPECT_EQ(ec, error_code());
    EXPECT_EQ(read_all(stream), std::pair(error_code(asio::error::eof), std::string("last")));
    const auto late = write(stream, "more");
    runs_until([&] { return late->has_value(); });
    EXPECT_EQ(*late, asio::error::broken_pipe);
}

TEST_F(process_test, CS_7E_its_exit_status_is_how_the_stream_ends)
{
    auto failing = connect(shell("echo last; exit 3"));
    EXPECT_EQ(read_all(failing), std::pair(exited(3), std::string("last\n")));
    EXPECT_EQ(exited(3).message(), "the process exited with status 3");

    auto dying = connect(shell("kill -KILL $$"));
    EXPECT_EQ(read_all(dying).first, killed_by(SIGKILL));
    EXPECT_EQ(killed_by(SIGKILL).message(), "the process was killed by SIGKILL");
    EXPECT_EQ(killed_by(SIGRTMIN + 6).message(), "the process was killed by signal 40");
}

TEST_F(process_test, CS_7E_its_end_is_the_end_whoever_else_holds_its_output)
{
    auto stream = connect(shell("sleep 1000 & echo $!; exit 4"));
    const auto line = read_line(stream);
    const watched_process left(std::stoi(line));
    EXPECT_EQ(read_all(stream), std::pair(exited(4), std::string()));
    EXPECT_EQ(read_all(stream).first, exited(4)); // and again
    EXPECT_TRUE(left.runs());
    stream.close();
    EXPECT_TRUE(left.ends());
}

TEST_F(process_test, CS_7E_a_read_that_is_pending_when_it_ends_hears_of_it)
{
    auto stream = connect(shell("sleep 1000 & echo; read x; exit 4"));
    read_line(stream);
    const auto pending = read(stream);
    settle();
    write(stream, "\n");
    EXPECT_TRUE(runs_until([&] { return pending->has_value(); }));
    EXPECT_EQ((*pending)->first, exited(4));
}

TEST_F(process_test, CS_7E_the_exit_status_of_one_that_closes_its_output_first_is_waited_for)
{
    auto stream = connect(shell("exec >&-; read x; exit 5"));
    const auto pending = read(stream);
    EXPECT_TRUE(runs_until([&] { return clock_.armed() == 1; })); // the end was read
    EXPECT_FALSE(*pending);
    write(stream, "\n");
    EXPECT_TRUE(runs_until([&] { return pending->has_value(); }));
    EXPECT_EQ((*pending)->first, exited(5));
}

TEST_F(process_test, CS_7E_one_that_closes_its_output_and_runs_on_ends_the_stream_after_a_while)
{
    auto stream = connect(shell("exec >&-; read x; exit 5", {.grace = 2s}));
    const auto pending = read(stream);
    EXPECT_TRUE(runs_until([&] { return clock_.armed() == 1; }));
    clock_.advance(1999ms);
    settle();
    EXPECT_FALSE(*pending);
    clock_.advance(1ms);
    EXPECT_TRUE(runs_until([&] { return pending->has_value(); }));
    EXPECT_EQ((*pending)->first, asio::error::eof);
}

TEST_F(process_test, CS_7E_a_write_to_one_that_has_ended_tells_how_and_raises_no_signal)
{
    auto stream = connect(shell("exit 6"));
    const auto first = write(stream, std::string(1'000'000, 'x')); // whether it runs still or not
    EXPECT_TRUE(runs_until([&] { return first->has_value(); }));
    EXPECT_EQ(*first, exited(6));
    const auto second = write(stream, "x");
    EXPECT_TRUE(runs_until([&] { return second->has_value(); }));
    EXPECT_EQ(*second, exited(6));
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
}

TEST_F(process_test, CS_7E_a_write_that_is_pending_when_it_dies_hears_of_it)
{
    auto stream = connect(shell("sleep 1000 & echo; wait")); // which has its input open too
    read_line(stream);
    const auto pending = write(stream, std::string(1'000'000, 'x'));
    settle();
    EXPECT_FALSE(*pending);
    ::kill(stream.id(), SIGKILL);
    EXPECT_TRUE(runs_until([&] { return pending->has_value(); }));
    EXPECT_EQ(*pending, killed_by(SIGKILL));
}

TEST_F(process_test, a_write_to_one_that_has_closed_its_input_and_runs_on_fails_after_a_while)
{
    auto stream = connect(shell("exec <&-; echo; sleep 1000 <&-"));
    read_line(stream);
    const auto pending = write(stream, "x");
    EXPECT_TRUE(runs_until([&] { return clock_.armed() == 1; }));
    clock_.advance(1s);
    EXPECT_TRUE(runs_until([&] { return pending->has_value(); }));
    EXPECT_EQ(*pending, asio::error::broken_pipe);
}

TEST_F(process_test, a_link_knows_what_it_has_not_read)
{
    stream_link link;
    auto stream = connect(shell("sleep 1000"));
    stream.tie(link);
    write(stream, "12345");
    settle();
    EXPECT_EQ(link.unacknowledged(), 5U);
    stream.close();
    EXPECT_EQ(link.unacknowledged(), 5U);
    EXPECT_TRUE(ends(link));
    EXPECT_EQ(link.unacknowledged(), 5U);
}

TEST_F(process_test, CS_7E_one_whose_stream_is_closed_is_asked_to_end_and_waited_for)
{
    stream_link link;
    {
        auto stream = connect(shell("sleep 1000 & echo $!; wait"));
        stream.tie(link);
        const watched_process grandchild(std::stoi(read_line(stream)));
        const auto pending = read(stream);
        stream.close();
        EXPECT_FALSE(stream.is_open());
        EXPECT_TRUE(link.ending());
        EXPECT_TRUE(ends(link)); // and no time has passed
        EXPECT_TRUE(grandchild.ends());
        EXPECT_EQ((*pending)->first, asio::error::operation_aborted);
    }
    EXPECT_EQ(clock_.armed(), 0U);
}

TEST_F(process_test, CS_7E_one_that_will_not_end_is_killed_after_its_grace)
{
    stream_link link;
    auto stream = connect(shell("trap '' TERM; echo; sleep 1000; sleep 1000", {.grace = 2s}));
    stream.tie(link);
    read_line(stream);
    const watched_process child(stream.id());
    stream.close();
    clock_.advance(1999ms);
    settle();
    EXPECT_TRUE(child.runs());
    clock_.advance(1ms);
    EXPECT_TRUE(ends(link));
}

TEST_F(process_test, CS_7E_one_that_is_stopped_ends_too)
{
    stream_link link;
    auto stream = connect(shell("echo; kill -STOP $$"));
    stream.tie(link);
    read_line(stream);
    siginfo_t stopped{};
    ::waitid(P_PID, static_cast<id_t>(stream.id()), &stopped, WSTOPPED | WNOWAIT);
    stream.close();
    EXPECT_TRUE(ends(link));
}

TEST_F(process_test, CS_7E_one_that_is_cut_off_is_killed_at_once_though_it_was_closed_before)
{
    stream_link link;
    auto stream = connect(shell("trap '' TERM; echo; sleep 1000; sleep 1000"));
    stream.tie(link);
    read_line(stream);
    stream.close();
    link.cut_off();
    EXPECT_TRUE(ends(link));
}

TEST_F(process_test, CS_7E_what_it_leaves_behind_of_its_group_is_killed_at_its_end)
{
    stream_link link;
    auto stream = connect(
        shell("sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & trap 'exit 0' TERM; wait"));
    stream.tie(link);
    const watched_process grandchild(std::stoi(read_line(stream)));
    stream.close();
    EXPECT_TRUE(ends(link));
    EXPECT_TRUE(grandchild.ends());
}

TEST_F(process_test, CS_7E_what_cannot_be_run_fails_the_dial)
{
    const auto missing = dial(process("/nowhere/program"));
    finish(missing);
    EXPECT_EQ(missing->code, e::no_such_file_or_directory);
    EXPECT_EQ(*report_.detail, R"(the program "/nowhere/program")");

    const auto no_program = dial(process("/dev/null"));
    finish(no_program);
    EXPECT_EQ(no_program->code, e::permission_denied);

    const auto no_directory = dial(process("cat", {}, {.directory = "/nowhere"}));
    finish(no_directory);
    EXPECT_EQ(no_directory->code, e::no_such_file_or_directory);
    EXPECT_EQ(*report_.detail, R"(the directory "/nowhere")");
}

#if !defined(HOLDFAST_TEST_WITH_UBSAN)
TEST_F(process_test, CS_7E_a_dial_that_finds_no_descriptors_fails_and_leaves_nothing)
{
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    auto few = before;
    few.rlim_cur = open_descriptors() + 1;
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto result = dial(process("cat"));
    ::setrlimit(RLIMIT_NOFILE, &before);
    finish(result);
    EXPECT_EQ(result->code, condition::local_resource);
}
#endif

TEST_F(process_test, CS_7E_no_descriptor_and_no_signal_leaks_into_it)
{
    const int open = ::open("/dev/null", O_RDONLY); // NOLINT(android-cloexec-open): that is tested
    asio::ip::tcp::socket socket(io_, asio::ip::tcp::v4());
    EXPECT_EQ(output_of(process("ls", {"/proc/self/fd"})), "0\n1\n2\n3\n"); // 3 is the folder
    ::close(open);

    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto handler = ::signal(SIGHUP, SIG_IGN);
    const auto signals = output_of(process("grep", {"-E", "SigBlk|SigIgn", "/proc/self/status"}));
    ::signal(SIGHUP, handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    const auto mask = [&](std::size_t at)
    { return std::stoull(signals.substr(at, 16), nullptr, 16); };
    constexpr auto of_glibc = 0x180000000ULL; // which has two for itself
    ASSERT_EQ(signals.size(), 50U) << signals;
    EXPECT_EQ(mask(8), 0U) << signals;
    EXPECT_EQ(mask(33) & ~of_glibc, 0U) << signals;
}

TEST_F(process_test, CS_7E_it_is_in_a_session_of_its_own)
{
    auto stream = connect(process("cat"));
    EXPECT_EQ(::getsid(stream.id()), stream.id());
    EXPECT_EQ(::getpgid(stream.id()), stream.id());
}

TEST_F(process_test, CS_7E_pipes_find_their_place_where_the_standard_streams_are_closed)
{
    const int in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    const auto result = dial(process("cat"));
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::close(in);
    ::close(out);
    finish(result);
    write(*result->stream, "ping\n");
    EXPECT_EQ(read_line(*result->stream), "ping");
}

TEST_F(process_test, it_runs_where_and_with_what_it_is_told)
{
    ::setenv("HOLDFAST_A", "old", 1);
    ::setenv("HOLDFAST_B", "kept", 1);
    const process_options options{.environment = {"HOLDFAST_A=new", "HOLDFAST_C=x=y"},
                                  .directory = "/usr",
                                  .errors = process_stderr::null};
    EXPECT_EQ(output_of(shell("echo $HOLDFAST_A $HOLDFAST_B $HOLDFAST_C; pwd; "
                              "readlink /proc/self/fd/2; env | grep -c HOLDFAST_A",
                              options)),
              "new kept x=y\n/usr\n/dev/null\n1\n");
    ::unsetenv("HOLDFAST_A");
    ::unsetenv("HOLDFAST_B");
}

TEST_F(process_test, CS_7E_three_hundred_of_them_leave_nothing_behind)
{
    for (int i = 0; i < 100; ++i)
    {
        stream_link links[3];
        auto ending = connect(process("true"));
        auto asked = connect(process("cat"));
        auto dropped = connect(process("cat"));
        ending.tie(links[0]);
        asked.tie(links[1]);
        dropped.tie(links[2]);
        EXPECT_EQ(read_all(ending).first, asio::error::eof);
        asked.close();
        links[2].close();
        ending.close();
        for (auto& link : links)
            EXPECT_TRUE(ends(link));
    }
    EXPECT_EQ(open_sockets(), 0U);
    EXPECT_EQ(children(), 0);
}

TEST_F(process_test, CS_7F_an_operation_that_is_cancelled_ends_and_nothing_is_lost)
{
    auto stream = connect(shell("read x; echo $x; sleep 1000"));
    asio::cancellation_signal cancel;
    std::optional<error_code> ended;
    char byte = 0;
    stream.async_read_some(asio::buffer(&byte, 1),
                           asio::bind_cancellation_slot(
                               cancel.slot(), [&](error_code ec, std::size_t) { ended = ec; }));
    settle();
    cancel.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runs_until([&] { return ended.has_value(); }));
    EXPECT_EQ(*ended, asio::error::operation_aborted);

    ended.reset();
    const std::string much(1'000'000, 'x');
    asio::async_write(stream, asio::buffer("ping\n" + much),
                      asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec, std::size_t)
                                                   { ended = ec; }));
    EXPECT_EQ(read_line(stream), "ping");
    cancel.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runs_until([&] { return ended.has_value(); }));
    EXPECT_EQ(*ended, asio::error::operation_aborted);
}

TEST_F(process_test, CS_7F_the_wait_for_its_exit_status_can_be_cancelled)
{
    auto stream = connect(shell("exec >&-; sleep 1000"));
    asio::cancellation_signal cancel;
    std::optional<error_code> ended;
    char byte = 0;
    stream.async_read_some(asio::buffer(&byte, 1),
                           asio::bind_cancellation_slot(
                               cancel.slot(), [&](error_code ec, std::size_t) { ended = ec; }));
    EXPECT_TRUE(runs_until([&] { return clock_.armed() == 1; }));
    cancel.emit(asio::cancellation_type::partial);
    EXPECT_TRUE(runs_until([&] { return ended.has_value(); }));
    EXPECT_EQ(*ended, asio::error::operation_aborted);
}

TEST_F(process_test, CS_7E_a_context_that_is_destroyed_kills_it_and_waits_for_it)
{
    std::optional<watched_process> grandchild;
    std::optional<watched_process> closed;
    {
        asio::io_context gone;
        auto with = context();
        with.executor = gone.get_executor();
        const auto lives = [&](process_stream s) -> asio::awaitable<void>
        {
            std::string line;
            co_await asio::async_read(s, asio::dynamic_buffer(line), asio::transfer_at_least(2),
                                      asio::use_awaitable);
            grandchild.emplace(std::stoi(line));
            co_await asio::async_read(s, asio::dynamic_buffer(line), asio::use_awaitable);
        };
        shell("sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & wait")
            .async_connect(with, [&](error_code, process_stream s)
                           { asio::co_spawn(gone, lives(std::move(s)), asio::detached); });
        shell("trap '' TERM; sleep 1000; sleep 1000")
            .async_connect(with, [&](error_code, process_stream s) { closed.emplace(s.id()); });
        while (!grandchild || !closed)
            gone.run_one();
        shell("sleep 1000").async_connect(with, [](error_code, process_stream) {}); // on its way
    }
    EXPECT_TRUE(grandchild->ends());
    EXPECT_TRUE(closed->ends());
}

TEST_F(process_test, a_stream_may_be_moved_while_it_is_used)
{
    auto stream = connect(process("cat"));
    const auto pending = read(stream);
    process_stream other(io_.get_executor());
    other = std::move(stream);
    EXPECT_FALSE(stream.is_open());
    const auto nothing = read(stream);
    write(other, "ping");
    EXPECT_TRUE(runs_until([&] { return pending->has_value() && nothing->has_value(); }));
    EXPECT_EQ((*pending)->second, "ping");
    EXPECT_EQ((*nothing)->first, asio::error::bad_descriptor);
}

TEST_F(process_test, a_dial_tells_its_step)
{
    struct : dial_trace
    {
        std::vector<dial_step> steps;
        void step(dial_step s) override { steps.push_back(std::move(s)); }
    } trace;
    auto with = context();
    with.report = &trace;
    const auto result = dial(process("cat"), with);
    finish(result);
    ASSERT_EQ(trace.steps.size(), 1U);
    EXPECT_EQ(trace.steps[0].what, "run cat");
    EXPECT_EQ(trace.steps[0].facts.at(0).second, std::to_string(result->stream->id()));

    finish(dial(process("/nowhere"), with));
    EXPECT_EQ(trace.steps.at(1).code, e::no_such_file_or_directory);
    EXPECT_EQ(trace.steps.at(1).detail, R"(the program "/nowhere")");
}

/// Services whose connections are processes.
class process_service_test : public process_test
{
protected:
    using session_type = std::function<asio::awaitable<void>(process_stream)>;

    std::unique_ptr<client_service<session>> serve(process endpoint, session_type f,
                                                   retry::policy retry = {})
    {
        return std::make_unique<client_service<session>>(
            io_, std::move(endpoint),
            [f](process_stream s) -> asio::awaitable<void> { return f(std::move(s)); },
            client_options<session>{.retry = std::move(retry),
                                    .observe =
                                        [this](const event& e)
                                    {
                                        events_.push_back(e.kind);
                                        if (e.kind == event_kind::lost)
                                            why_ = *e.why;
                                    },
                                    .clock = &clock_,
                                    .resolver = &resolver_});
    }

    /// A session that reads what there is.
    session_type reader()
    {
        return [this](process_stream s) -> asio::awaitable<void>
        {
            id_ = s.id();
            for (char bytes[64];;)
                received_.append(
                    bytes, co_await s.async_read_some(asio::buffer(bytes), asio::use_awaitable));
        };
    }

    bool saw(event_kind kind) const
    {
        return std::find(events_.begin(), events_.end(), kind) != events_.end();
    }

    std::vector<event_kind> events_;
    failure why_;
    std::string received_;
    int id_ = 0;
};

TEST_F(process_service_test, CS_7E_its_exit_status_is_the_reason_of_the_loss)
{
    const auto service = serve(shell("echo up; exit 3"), reader());
    service->start();
    EXPECT_TRUE(runs_until([&] { return saw(event_kind::waiting); }));
    EXPECT_EQ(received_, "up\n");
    EXPECT_EQ(why_.code, exited(3));
    EXPECT_EQ(why_.phase, phase::session);
    EXPECT_NE(to_string(why_).find("the process exited with status 3"), std::string::npos);
    EXPECT_EQ(children(), 0); // before the next attempt
}

TEST_F(process_service_test, CS_7E_it_is_run_again_when_it_has_ended)
{
    const auto service = serve(shell("echo -n up"), reader(), retry::immediately{});
    service->start();
    EXPECT_TRUE(runs_until([&] { return received_.size() >= 6; }));
    EXPECT_EQ(why_.code, asio::error::eof);
    service->stop();
    EXPECT_TRUE(runs_until([&] { return saw(event_kind::stopped); }));
}

TEST_F(process_service_test, CS_7E_a_stop_waits_until_it_has_ended)
{
    const auto service = serve(
        shell("trap 'sleep 0.01; exit 0' TERM; echo up; while :; do sleep 0.01; done"), reader());
    service->start();
    EXPECT_TRUE(runs_until([&] { return received_ == "up\n"; }));
    const watched_process child(id_);
    std::optional<error_code> stopped;
    service->async_stop(
        [&](error_code ec)
        {
            stopped = ec;
            EXPECT_FALSE(child.runs());
            EXPECT_EQ(children(), 0);
        });
    EXPECT_TRUE(runs_until([&] { return stopped.has_value(); }));
    EXPECT_EQ(*stopped, error_code());
}

TEST_F(process_service_test, CS_7E_a_stop_kills_one_that_will_not_end_within_its_deadline)
{
    const auto service = serve(
        shell("trap '' TERM; echo up; while :; do sleep 1000; done", {.grace = 1h}), reader());
    service->start();
    EXPECT_TRUE(runs_until([&] { return received_ == "up\n"; }));
    const watched_process child(id_);
    std::optional<error_code> stopped;
    service->async_stop([&](error_code ec) { stopped = ec; });
    settle();
    clock_.advance(4999ms, io_);
    EXPECT_TRUE(child.runs());
    EXPECT_FALSE(stopped);
    clock_.advance(1ms, io_); // stop_timeout
    EXPECT_TRUE(runs_until([&] { return stopped.has_value(); }));
    EXPECT_EQ(*stopped, error_code()); // and it was not abandoned
    EXPECT_EQ(children(), 0);
}

TEST_F(process_service_test, CS_7E_a_service_that_is_destroyed_kills_it)
{
    auto service = serve(shell("trap '' TERM; echo up; while :; do sleep 1000; done"), reader());
    service->start();
    EXPECT_TRUE(runs_until([&] { return received_ == "up\n"; }));
    service = nullptr;
    EXPECT_TRUE(runs_until([&] { return children() == 0; })); // without any time
}

TEST_F(process_service_test, CS_7E_a_protocol_that_keeps_its_stream_does_not_keep_the_process)
{
    struct keeper
    {
        process_stream stream;
        void async_run(asio::any_completion_handler<void(error_code)> done)
        {
            asio::post(stream.get_executor(), [done = std::move(done)]() mutable
                       { std::move(done)(asio::error::connection_reset); });
        }
        void close() noexcept {}
    };
    std::shared_ptr<keeper> kept;
    {
        client_service<keeper> service(
            io_, process("cat"),
            [&](process_stream s) { return kept = std::make_shared<keeper>(keeper{std::move(s)}); },
            {.clock = &clock_, .resolver = &resolver_});
        service.start();
        EXPECT_TRUE(runs_until([&] { return kept != nullptr && !kept->stream.is_open(); }));
        EXPECT_TRUE(runs_until([&] { return children() == 0; }));
    }
    kept = nullptr;
}

TEST_F(process_service_test, CS_7E_a_callback_protocol_is_told_how_it_ended)
{
    struct talker final : callback_protocol
    {
        std::string text;
        std::optional<error_code> why;
        void made(transport& t) override
        {
            EXPECT_TRUE(t.peer().starts_with("process "));
            t.write("7\n");
            t.shutdown_send();
        }
        void received(std::string_view bytes) override { text += bytes; }
        void lost(error_code ec) override { why = ec; }
    };
    const auto talk = std::make_shared<talker>();
    {
        client_service<talker> service(io_, shell("read status; cat; echo bye; exit $status"),
                                       [&] { return talk; },
                                       {.clock = &clock_, .resolver = &resolver_});
        service.start();
        EXPECT_TRUE(runs_until([&] { return talk->why.has_value(); }));
    }
    EXPECT_EQ(talk->text, "bye\n");
    EXPECT_EQ(*talk->why, exited(7));
}

TEST_F(process_test, one_whose_exit_status_somebody_else_takes_ends_in_good_order)
{
    const auto before = ::signal(SIGCHLD, SIG_IGN);
    auto stream = connect(process("cat"));
    error_code ec;
    stream.shutdown_send(ec);
    EXPECT_EQ(read_all(stream).first, asio::error::eof);
    stream.close();
    ::signal(SIGCHLD, before);
}

TEST(process, a_bad_configuration_is_refused_naming_the_field)
{
    const std::string zero("a\0b", 3);
    EXPECT_THROW(process(""), std::invalid_argument);
    EXPECT_THROW(process{zero}, std::invalid_argument);
    EXPECT_THROW(process("p", {zero}), std::invalid_argument);
    EXPECT_THROW(process("p", {}, {.environment = {"A"}}), std::invalid_argument);
    EXPECT_THROW(process("p", {}, {.environment = {"=a"}}), std::invalid_argument);
    EXPECT_THROW(process("p", {}, {.directory = zero}), std::invalid_argument);
    EXPECT_THROW(process("p", {}, {.grace = 0s}), std::invalid_argument);
    try
    {
        process("p", {}, {.grace = 2h});
        ADD_FAILURE();
    }
    catch (const std::invalid_argument& ex)
    {
        EXPECT_STREQ(ex.what(), "process: grace 2h is not between zero and one hour");
    }
}

TEST(process, CS_7E_a_description_makes_it_if_the_kind_is_known)
{
    auto known = registry::standard();
    EXPECT_THROW(parse_endpoint("exec:cat", known), description_error);
    process::register_endpoints(known);
    const auto printed = [&](std::string_view text)
    { return to_string(parse_endpoint(text, known)); };

    const process all("/a:b", {"-x", "k=v", "", "[::1]"},
                      {.environment = {"PASSWORD=hunter2"},
                       .directory = "/tmp",
                       .errors = process_stderr::null,
                       .grace = 5s});
    EXPECT_EQ(to_string(all), R"(exec:/a\:b:-x:k\=v::\[\:\:1]:cwd=/tmp:stderr=null:grace=5s)");
    EXPECT_EQ(printed(to_string(all)), to_string(all));
    EXPECT_EQ(printed("exec:cat:stderr=inherit:-u"), "exec:cat:-u");
    EXPECT_EQ(printed("exec:-u:program=cat"), "exec:cat:-u");
    EXPECT_EQ(printed("exec:///bin/cat?cwd=/tmp"), "exec:/bin/cat:cwd=/tmp");
}

TEST(process, CS_77_a_description_that_is_wrong_is_refused_with_its_place)
{
    auto known = registry::standard();
    process::register_endpoints(known);
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"exec", "exec: program is missing; expected exec:PROGRAM"},
        {"exec:", "exec: (column 6): program is empty; expected exec:PROGRAM"},
        {"exec:cat:cdw=/", R"((column 10): unknown key "cdw")"},
        {"exec:cat:stderr=2", R"((column 17): stderr "2" is not one of inherit, null)"},
        {"exec:cat:grace=2h", R"((column 16): grace "2h" is not at most one hour)"},
        {"exec:cat:a=b", R"((column 10): unknown key "a")"},
        {std::string_view("exec:cat:a\0b", 12), "(column 10): an argument has a zero byte"},
    };
    for (const auto& [text, expected] : cases)
    {
        try
        {
            parse_endpoint(text, known);
            ADD_FAILURE() << text;
        }
        catch (const description_error& ex)
        {
            EXPECT_NE(std::string_view(ex.what()).find(expected), std::string_view::npos)
                << ex.what();
        }
    }
}
}
}
