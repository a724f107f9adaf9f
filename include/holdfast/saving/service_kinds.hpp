// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SAVING_SERVICE_KINDS_HPP
#define HOLDFAST_SAVING_SERVICE_KINDS_HPP

#include <holdfast/as_service.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/multi_service.hpp>
#include <holdfast/saving/json.hpp>
#include <holdfast/saving/record.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast
{
namespace detail
{
/// A service that knows of what it was made.
class made_of_record
{
public:
    made_of_record() = default;
    made_of_record(const made_of_record&) = delete;
    made_of_record& operator=(const made_of_record&) = delete;
    virtual const client_record& record() const noexcept = 0;

protected:
    ~made_of_record() = default;
};

template <class Protocol>
class saved_client final : public tree_client<Protocol>, public made_of_record
{
public:
    saved_client(client_record r, client_service<Protocol> client, asio::any_io_executor executor)
        : tree_client<Protocol>(std::move(client), std::move(executor))
        , record_(std::move(r))
    {
    }

    const client_record& record() const noexcept override { return record_; }

private:
    client_record record_;
};
}

/// What the program itself says of services that are loaded: nothing of it is ever saved.
struct loading_options
{
    /// Which endpoints there are; null: `registry::standard()`.
    const registry* endpoints = nullptr;

    /// Null: `default_clock` of the executor.
    holdfast::clock* clock = nullptr;
};

/// Knows what is to be made of the connections of which kind of service: what a file cannot say.
///
///     hf::service_kinds kinds;
///     kinds.add("lines", [](hf::stream s) { return std::make_shared<line_client>(std::move(s));
///     }); auto root = load_tree(text, executor, kinds);
///
/// @par Thread safety
/// Distinct objects: safe. One object: safe while nothing is added to it.
class service_kinds
{
public:
    /// Adds a kind: the factory of its services, as `client_service` takes it, whose stream is an
    /// `any_endpoint`'s, and those of their options that are not in a record: `prepare`, `observe`
    /// and `resolver`. What a record has takes the place of the others.
    ///
    /// @throws std::invalid_argument if it is known already, empty or too long
    template <class Factory>
    void add(std::string kind, Factory f,
             client_options<detail::protocol_of<any_endpoint, Factory>> options = {})
    {
        using protocol = detail::protocol_of<any_endpoint, Factory>;
        add_maker(std::move(kind),
                  [f = std::move(f), options = std::move(options)](
                      const client_record& r, any_endpoint e, const asio::any_io_executor& executor,
                      holdfast::clock* clock) -> std::shared_ptr<service>
                  {
                      auto o = options;
                      o.name = r.name;
                      o.retry = to_policy(r.retry);
                      o.attempt_timeout = r.attempt_timeout;
                      o.prepare_timeout = r.prepare_timeout;
                      o.stop_timeout = r.stop_timeout;
                      o.stable_after = r.stable_after;
                      o.delay_floor = r.delay_floor;
                      o.thread_safe = r.thread_safe;
                      o.clock = clock;
                      return std::make_shared<detail::saved_client<protocol>>(
                          r, client_service<protocol>(executor, std::move(e), f, o), executor);
                  });
    }

    /// Makes a client service, stopped: a `tree_client` of the kind's protocol. Its secrets are
    /// read now.
    ///
    /// @throws saving_error naming the member that cannot be
    std::shared_ptr<service> make(const client_record& r, const asio::any_io_executor& executor,
                                  const loading_options& o = {}) const;

    /// Makes a tree, stopped, with all that is in it, or nothing of it.
    ///
    /// @throws saving_error naming the member that cannot be
    std::shared_ptr<multi_service> make(const tree_record& r, const asio::any_io_executor& executor,
                                        const loading_options& o = {}) const;

private:
    using maker = std::function<std::shared_ptr<service>(
        const client_record&, any_endpoint, const asio::any_io_executor&, holdfast::clock*)>;

    void add_maker(std::string kind, maker m);
    std::shared_ptr<service> make_client(const client_record& r, const std::string& member,
                                         const asio::any_io_executor& executor,
                                         const loading_options& o) const;
    std::shared_ptr<multi_service> make_tree(const tree_record& r, const std::string& member,
                                             const asio::any_io_executor& executor,
                                             const loading_options& o) const;

    std::map<std::string, maker, std::less<>> makers_;
};

/// The endpoint of a record, with its secrets, which are read now.
///
/// @throws saving_error naming the member that cannot be: `endpoint`, `secrets.KEY` or `secrets`
any_endpoint make_endpoint(const client_record& r, const registry& known = registry::standard());

/// What a service was made of, with the name that it has now.
///
/// @throws saving_error if it was not made by `service_kinds`
client_record record_of(const service& client);

/// A tree as it is now: names, order, options, and of what each client was made. It may have been
/// put together by hand, as long as its clients were made by `service_kinds`.
///
/// @throws saving_error naming a member that cannot be saved
tree_record record_of(const multi_service& tree);

/// A tree as JSON. That it runs is not in it, nor its clock, nor any secret.
///
/// @throws saving_error naming a member that cannot be saved
std::string save(const multi_service& tree);

/// Makes the tree that was saved: stopped, on the default clock unless `o` says otherwise.
///
/// @throws saving_error naming the member that cannot be; nothing has been made then
std::shared_ptr<multi_service> load_tree(std::string_view text,
                                         const asio::any_io_executor& executor,
                                         const service_kinds& kinds, const loading_options& o = {});
}

#endif
