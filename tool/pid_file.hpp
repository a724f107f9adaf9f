// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PID_FILE_HPP
#define HOLDFAST_TOOL_PID_FILE_HPP

#include <string>

namespace tool
{
/// A file that holds the number of this process, for as long as the object lives.
class pid_file
{
public:
    /// Writes it, in place of any that is there. Throws `boost::system::system_error`. Without a
    /// path it does nothing.
    explicit pid_file(std::string path);
    pid_file(const pid_file&) = delete;
    pid_file& operator=(const pid_file&) = delete;
    ~pid_file();

private:
    std::string path_;
};
}

#endif
