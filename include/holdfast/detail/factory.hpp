// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_FACTORY_HPP
#define HOLDFAST_DETAIL_FACTORY_HPP

#include <holdfast/error.hpp>
#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/protocols/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

// Which of the forms of a factory a callable is, and what protocol it makes.

namespace holdfast::detail
{
/// The address of the other end, as the stream tells it.
template <class Stream>
auto peer_of(const Stream& stream)
{
    error_code ignored; // a peer that is gone already has no address
    if constexpr (requires { stream.remote_endpoint(ignored); })
        return stream.remote_endpoint(ignored);
    else if constexpr (requires { stream.peer(); })
        return std::string(stream.peer());
    else
        return std::string();
}

template <class Stream>
using peer_type = decltype(peer_of(std::declval<const Stream&>()));

enum class factory_form
{
    stream_and_peer,    ///< A protocol of f(stream, peer).
    stream,             ///< A protocol of f(stream).
    session,            ///< A coroutine f(stream): ready when it starts.
    session_with_ready, ///< A coroutine f(stream, session&): ready when it says so.
    peer,               ///< A callback protocol of f(peer).
    nothing,            ///< A callback protocol of f().
    none,               ///< Not a factory.
};

template <class T>
struct pointee
{
    using type = void;
};

template <class T>
    requires requires { typename T::element_type; }
struct pointee<T>
{
    using type = typename T::element_type;
};

/// What a pointer that a factory returns points to; void if it is none.
template <class T>
using pointee_t = typename pointee<std::remove_cvref_t<T>>::type;

template <class T>
concept pointer_to_callback_protocol = std::derived_from<pointee_t<T>, callback_protocol>;

template <class F, class Stream>
consteval factory_form form_of()
{
    using peer = const peer_type<Stream>&;
    using coroutine = asio::awaitable<void>;
    if constexpr (std::invocable<F&, Stream, peer>)
        return factory_form::stream_and_peer;
    else if constexpr (std::invocable<F&, Stream, session&>)
        return factory_form::session_with_ready;
    else if constexpr (std::invocable<F&, Stream>)
    {
        // The stream is tried first: a generic lambda is made for it more often than for the peer.
        using made = std::invoke_result_t<F&, Stream>;
        if constexpr (std::same_as<made, coroutine>)
            return factory_form::session;
        else
            return pointer_to_callback_protocol<made> ? factory_form::peer : factory_form::stream;
    }
    else if constexpr (std::invocable<F&, peer>)
        return factory_form::peer;
    else if constexpr (std::invocable<F&>)
        return factory_form::nothing;
    else
        return factory_form::none;
}

template <class F, class Stream>
struct factory_traits
{
    static constexpr factory_form form = form_of<F, Stream>();
    static_assert(
        form != factory_form::none,
        "a factory is f(stream), f(stream, peer), f(stream, session&), or, for a callback "
        "protocol, f(peer) or f()");

    static constexpr bool is_session =
        form == factory_form::session || form == factory_form::session_with_ready;

    static auto made()
    {
        using peer = const peer_type<Stream>&;
        if constexpr (is_session)
            return std::type_identity<session>{};
        else if constexpr (form == factory_form::stream_and_peer)
            return std::type_identity<pointee_t<std::invoke_result_t<F&, Stream, peer>>>{};
        else if constexpr (form == factory_form::stream)
            return std::type_identity<pointee_t<std::invoke_result_t<F&, Stream>>>{};
        else if constexpr (form == factory_form::peer)
            return std::type_identity<pointee_t<std::invoke_result_t<F&, peer>>>{};
        else
            return std::type_identity<pointee_t<std::invoke_result_t<F&>>>{};
    }

    using protocol_type = typename decltype(made())::type;
};

/// The protocol that a service with this endpoint and factory has.
template <class Endpoint, class Factory>
using protocol_of =
    typename factory_traits<std::decay_t<Factory>, typename Endpoint::stream_type>::protocol_type;
}

#endif
