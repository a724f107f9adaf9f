// SPDX-License-Identifier: BSL-1.0
#include "known_endpoints.hpp"

#include <holdfast/endpoints/process.hpp>

#if defined(HOLDFAST_CARES)
#include <holdfast/endpoints/srv.hpp>
#endif
#if defined(HOLDFAST_TLS)
#include <holdfast/endpoints/tls.hpp>
#endif

namespace tool
{
const hf::registry& known_endpoints()
{
    static const hf::registry known = []
    {
        hf::registry r = hf::registry::standard();
        hf::process::register_endpoints(r);
#if defined(HOLDFAST_CARES)
        hf::srv::register_endpoints(r);
#endif
#if defined(HOLDFAST_TLS)
        hf::tls::register_endpoints(r);
#endif
        return r;
    }();
    return known;
}
}
