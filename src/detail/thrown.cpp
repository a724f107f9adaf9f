// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/thrown.hpp>

#include <boost/system/system_error.hpp>

#include <new>
#include <system_error>

namespace holdfast::detail
{
error_code code_of(const std::exception_ptr& thrown) noexcept
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const boost::system::system_error& e)
    {
        return e.code();
    }
    catch (const std::system_error& e)
    {
        return e.code();
    }
    catch (const std::bad_alloc&)
    {
        return boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    }
    catch (...)
    {
        return errc::exception_thrown;
    }
}
}
