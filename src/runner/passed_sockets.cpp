// SPDX-License-Identifier: BSL-1.0
#include <holdfast/runner/passed_sockets.hpp>

#include <boost/system/system_error.hpp>

#include <cstdlib>

#include <systemd/sd-daemon.h>

namespace holdfast
{
std::vector<passed_socket> passed_sockets()
{
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    if (count < 0)
        throw boost::system::system_error(-count, boost::system::system_category(),
                                          "the sockets in LISTEN_FDS");
    std::vector<passed_socket> result;
    for (int i = 0; i < count; ++i)
    {
        result.push_back({names[i], owned_descriptor(SD_LISTEN_FDS_START + i)});
        std::free(names[i]);
    }
    std::free(static_cast<void*>(names));
    return result;
}
}
