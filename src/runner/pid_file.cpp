// SPDX-License-Identifier: BSL-1.0
#include "pid_file.hpp"

#include "../quoted.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::detail
{
namespace
{
constexpr int tries_max = 10; // of those who remove the file between our opening and locking it

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what)
{
    throw std::runtime_error("pid_file: " + quoted(path.native(), 200) + " " + what);
}

[[noreturn]] void fail_to(const std::filesystem::path& path, const char* verb)
{
    fail(path, std::string("cannot be ") + verb + ": " + std::strerror(errno));
}

/// What the file begins with.
std::string beginning(int file)
{
    std::array<char, 32> bytes{};
    const auto n = ::pread(file, bytes.data(), bytes.size(), 0);
    return n > 0 ? std::string(bytes.data(), static_cast<std::size_t>(n)) : std::string();
}

bool is_number(std::string_view text)
{
    return text.find_first_not_of("0123456789\n") == text.npos;
}
}

pid_file::pid_file(const std::filesystem::path& path)
    : path_(std::filesystem::absolute(path)) // the working directory changes later
{
    for (int tries = 0; !lock(); ++tries)
        if (tries == tries_max)
            fail(path_, "was removed as often as it was written; somebody else uses that name");
    refuse_others();
    write();
}

/// Opens and locks it. False if it is no longer what the path names: its owner was just ending.
bool pid_file::lock()
{
    file_ = owned_descriptor(
        ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
    if (!file_)
        fail_to(path_, "opened");
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
    {
        if (errno != EWOULDBLOCK)
            fail_to(path_, "locked");
        const auto text = beginning(file_.get());
        fail(path_, "is held by the process " + text.substr(0, text.find('\n')) +
                        ", which runs; stop that one first, or name another file");
    }
    struct stat ours{};
    struct stat named{};
    return ::fstat(file_.get(), &ours) == 0 && ::stat(path_.c_str(), &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/// A path that was mistaken must not cost the file it names.
void pid_file::refuse_others() const
{
    struct stat found{};
    if (::fstat(file_.get(), &found) != 0)
        fail_to(path_, "looked at");
    if (!S_ISREG(found.st_mode) || !is_number(beginning(file_.get())))
        fail(path_, "is there and holds no number of a process; remove it if it is of no use, "
                    "or name another file");
}

void pid_file::write() const
{
    const auto text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file_.get(), 0) != 0 ||
        ::pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        fail_to(path_, "written");
}

pid_file::~pid_file()
{
    if (!file_) // the constructor threw
        return;
    // Where the folder is not ours any more the empty file remains, which is nobody's.
    if (::unlink(path_.c_str()) != 0)
        static_cast<void>(::ftruncate(file_.get(), 0));
}
}
