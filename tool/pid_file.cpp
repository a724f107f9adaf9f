// SPDX-License-Identifier: BSL-1.0
#include "pid_file.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace tool
{
pid_file::pid_file(std::string path) : path_(std::move(path))
{
    if (path_.empty())
        return;
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const auto text = std::to_string(::getpid()) + "\n";
    const bool written =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    if (file >= 0)
        ::close(file);
    if (!written)
        throw boost::system::system_error(error, boost::system::system_category(),
                                          "--pid-file: " + path_);
}

pid_file::~pid_file()
{
    if (!path_.empty())
        ::unlink(path_.c_str());
}
}
