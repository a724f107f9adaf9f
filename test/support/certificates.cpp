// SPDX-License-Identifier: BSL-1.0
#include "support/certificates.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <sys/file.h>
#include <unistd.h>

namespace support
{
namespace
{
namespace fs = std::filesystem;

/// Held while the certificates are looked at and made: tests run beside one another.
class lock
{
public:
    explicit lock(const fs::path& folder)
        : file_(::open((folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600))
    {
        if (file_ < 0 || ::flock(file_, LOCK_EX) != 0)
            throw std::runtime_error("cannot lock " + folder.string());
    }
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;
    ~lock() { ::close(file_); }

private:
    int file_;
};

/// Whether `made` is there, younger than a day, and not older than the script.
bool fresh(const fs::path& made)
{
    std::error_code absent;
    const auto when = fs::last_write_time(made, absent);
    return !absent && when > fs::last_write_time(HOLDFAST_MAKE_CERTIFICATES) &&
           when > fs::file_time_type::clock::now() - std::chrono::hours(24);
}

fs::path make()
{
    const fs::path folder = HOLDFAST_CERTIFICATES;
    fs::create_directories(folder);
    const lock held(folder);
    const auto made = folder / "made";
    if (fresh(made))
        return folder;
    std::ostringstream command;
    command << "'" HOLDFAST_MAKE_CERTIFICATES "' " << folder << " >" << folder / "log" << " 2>&1";
    if (std::system(command.str().c_str()) != 0)
        throw std::runtime_error("the certificates cannot be made: " + text_of(folder / "log"));
    std::ofstream(made) << "yes\n";
    return folder;
}
}

std::string certificate(const std::string& file)
{
    static const fs::path folder = make();
    return folder / file;
}

std::string text_of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
}
