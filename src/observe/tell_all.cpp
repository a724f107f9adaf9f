// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/tell_all.hpp>

#include <utility>

namespace holdfast
{
observer tell_all(std::vector<observer> observers)
{
    std::erase_if(observers, [](const observer& o) { return !o; });
    return [observers = std::move(observers)](const event& e)
    {
        for (const auto& tell : observers)
            try
            {
                tell(e);
            }
            catch (...) // as from any observer, it is dropped
            {
            }
    };
}
}
