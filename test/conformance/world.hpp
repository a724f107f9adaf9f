// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_CONFORMANCE_WORLD_HPP
#define HOLDFAST_TEST_CONFORMANCE_WORLD_HPP

#include "conformance/fixture.hpp"

namespace conformance
{
/// As `fixture`, for tests that bring a protocol and a factory of their own.
class world : public fixture
{
protected:
    /// A service that was started, connected or not as the script has it. Its delays are exactly
    /// 1, 2, 4 ... seconds.
    template <class Protocol, class Factory>
    hf::client_service<Protocol> begin(Factory f, hf::client_options<Protocol> o = {})
    {
        o.clock = &clock;
        o.retry = plain();
        if (!o.observe)
            o.observe = [this](const hf::event& e) { events.push_back(e); };
        hf::client_service<Protocol> made(context, endpoint, std::move(f), std::move(o));
        made.start();
        settle();
        return made;
    }
};
}

#endif
