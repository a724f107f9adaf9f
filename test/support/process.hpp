// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_PROCESS_HPP
#define HOLDFAST_TEST_SUPPORT_PROCESS_HPP

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace support
{
/// A descriptor that is closed with its owner.
class owned_descriptor
{
public:
    explicit owned_descriptor(int number = -1) noexcept : number_(number) {}
    owned_descriptor(owned_descriptor&& other) noexcept;
    owned_descriptor& operator=(owned_descriptor&& other) noexcept;
    ~owned_descriptor() { close(); }

    int get() const noexcept { return number_; }
    void close() noexcept;

private:
    int number_;
};

/// What the standard streams of a process are: one of these, or a descriptor to be shared.
struct process_streams
{
    static constexpr int piped = -1;  ///< A pipe to the test.
    static constexpr int closed = -2; ///< Not open.

    int in = piped;
    int out = piped;
    int err = piped;
};

/// A program that runs beside the test, its standard streams in the test's hands. It is killed and
/// waited for at the end. Nothing waits longer than `patience`.
class process
{
public:
    static constexpr std::chrono::seconds patience{20};

    /// Throws `std::system_error` if the program cannot be run.
    process(std::vector<std::string> command, process_streams s = {});
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process();

    /// Writes to its input.
    void write(std::string_view text);
    void close_input() { in_.close(); }
    void close_output() { from_[0].close(); }

    /// What it has written so far, as far as it was waited for.
    const std::string& output() const noexcept { return texts_[0]; }
    const std::string& errors() const noexcept { return texts_[1]; }

    /// Waits until its output, or its standard error, holds `text` so many times. False if its end
    /// came first, or patience ran out.
    bool wait_for_output(std::string_view text, std::size_t times = 1);
    bool wait_for_errors(std::string_view text, std::size_t times = 1);

    /// Waits until it has ended and all it wrote is read. Its exit status; minus the signal that
    /// ended it; nothing if patience ran out.
    std::optional<int> wait();

    void send_signal(int signal) const;

    /// Sends SIGSTOP, and waits until it stands still.
    void stop() const;

    bool ended() const noexcept { return status_.has_value(); }
    pid_t pid() const noexcept { return pid_; }

private:
    bool pump(const std::function<bool()>& enough);
    void read_from(std::size_t which);
    void reap(bool wait);

    pid_t pid_ = 0;
    owned_descriptor in_;
    owned_descriptor exit_;
    std::array<owned_descriptor, 2> from_;
    std::array<std::string, 2> texts_;
    std::optional<int> status_;
};
}

#endif
