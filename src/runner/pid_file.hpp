// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_RUNNER_PID_FILE_HPP
#define HOLDFAST_SRC_RUNNER_PID_FILE_HPP

#include <holdfast/endpoints/owned_descriptor.hpp>

#include <filesystem>

namespace holdfast::detail
{
/// A file that holds the number of this process, and a lock on it, for as long as the object lives.
class pid_file
{
public:
    /// Writes it, in place of one that a process has left behind. Throws `std::runtime_error` with
    /// one line if another process holds it, if it is some other file, or if it cannot be written.
    explicit pid_file(const std::filesystem::path& path);
    pid_file(const pid_file&) = delete;
    pid_file& operator=(const pid_file&) = delete;

    /// Removes it; empties it, if this process may no longer do that.
    ~pid_file();

private:
    bool lock();
    void refuse_others() const;
    void write() const;

    std::filesystem::path path_;
    owned_descriptor file_;
};
}

#endif
