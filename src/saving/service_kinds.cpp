// SPDX-License-Identifier: BSL-1.0
#include <holdfast/saving/service_kinds.hpp>

#include "../endpoints/nearest.hpp"
#include "../quoted.hpp"
#include "secrets.hpp"

#include <utility>
#include <vector>

namespace holdfast
{
namespace
{
std::string path_of(const std::string& member, std::string_view name)
{
    return member.empty() ? std::string(name) : member + "." + std::string(name);
}

/// The endpoint that is described, with its secrets, which no message holds.
any_endpoint endpoint_of(const client_record& r, const std::string& member, const registry& known)
{
    auto open = parse_description(r.endpoint);
    auto hidden = open;
    for (const auto& [key, reference] : r.secrets)
        try
        {
            hidden = detail::with_secret(std::move(hidden), key, "secret");
            open = detail::with_secret(std::move(open), key, detail::read_secret(reference));
        }
        catch (const std::invalid_argument& refusal)
        {
            throw saving_error(path_of(member, "secrets") + "." + detail::one_line(key, 60),
                               refusal.what());
        }
    try
    {
        static_cast<void>(known.make(hidden)); // whose refusals know of no secret
    }
    catch (const std::invalid_argument& refusal)
    {
        throw saving_error(path_of(member, "endpoint"), refusal.what());
    }
    try
    {
        return known.make(open);
    }
    catch (const std::invalid_argument&)
    {
        throw saving_error(path_of(member, "secrets"), "this endpoint does not take what was read");
    }
}

client_record client_of(const service& s, const std::string& member)
{
    const auto* const made = dynamic_cast<const detail::made_of_record*>(&s);
    if (made == nullptr)
        throw saving_error(member, detail::quoted(s.path()) +
                                       " was not made by service_kinds, so it cannot be saved");
    auto r = made->record();
    r.name = s.name();
    return r;
}

tree_record tree_of(const multi_service& tree, const std::string& member)
{
    const auto& o = tree.options();
    tree_record r{.name = tree.name(),
                  .stop = o.stop,
                  .child_stop_timeout = o.child_stop_timeout,
                  .stop_timeout = o.stop_timeout};
    for (const auto& child : tree.children())
    {
        const auto path = path_of(member, "services[" + std::to_string(r.services.size()) + "]");
        const auto add = [&](auto record)
        {
            record.child = tree.options_of(*child);
            r.services.push_back({std::move(record)});
        };
        if (const auto* const below = dynamic_cast<const multi_service*>(child.get()))
            add(tree_of(*below, path));
        else
            add(client_of(*child, path));
    }
    return r;
}
}

void service_kinds::add_maker(std::string kind, maker m)
{
    if (kind.empty() || kind.size() > client_record::name_length_max)
        throw std::invalid_argument("the kind " + detail::quoted(kind) +
                                    " must have from 1 to 255 bytes");
    if (makers_.contains(kind))
        throw std::invalid_argument("the kind " + detail::quoted(kind) + " is known already");
    makers_.emplace(std::move(kind), std::move(m));
}

std::shared_ptr<service> service_kinds::make(const client_record& r,
                                             const asio::any_io_executor& executor,
                                             const loading_options& o) const
{
    static_cast<void>(to_json(r)); // all that is wrong with the record itself
    return make_client(r, "", executor, o);
}

std::shared_ptr<multi_service> service_kinds::make(const tree_record& r,
                                                   const asio::any_io_executor& executor,
                                                   const loading_options& o) const
{
    static_cast<void>(to_json(r));
    return make_tree(r, "", executor, o);
}

std::shared_ptr<service> service_kinds::make_client(const client_record& r,
                                                    const std::string& member,
                                                    const asio::any_io_executor& executor,
                                                    const loading_options& o) const
{
    const auto found = makers_.find(r.kind);
    if (found == makers_.end())
    {
        std::vector<std::string_view> known;
        known.reserve(makers_.size());
        for (const auto& [kind, make] : makers_)
            known.push_back(kind);
        throw saving_error(path_of(member, "kind"), "there is no kind " + detail::quoted(r.kind) +
                                                        detail::did_you_mean(r.kind, known) +
                                                        "; known are " + detail::listed(known));
    }
    return found->second(
        r, endpoint_of(r, member, o.endpoints != nullptr ? *o.endpoints : registry::standard()),
        executor, o.clock);
}

std::shared_ptr<multi_service> service_kinds::make_tree(const tree_record& r,
                                                        const std::string& member,
                                                        const asio::any_io_executor& executor,
                                                        const loading_options& o) const
{
    auto tree = std::make_shared<multi_service>(
        executor, multi_service_options{.name = r.name,
                                        .stop = r.stop,
                                        .child_stop_timeout = r.child_stop_timeout,
                                        .stop_timeout = r.stop_timeout,
                                        .clock = o.clock});
    std::size_t index = 0;
    for (const auto& s : r.services)
    {
        const auto path = path_of(member, "services[" + std::to_string(index++) + "]");
        if (const auto* const below = std::get_if<tree_record>(&s.what))
            tree->add(make_tree(*below, path, executor, o), below->child);
        else
        {
            const auto& client = std::get<client_record>(s.what);
            tree->add(make_client(client, path, executor, o), client.child);
        }
    }
    return tree;
}

any_endpoint make_endpoint(const client_record& r, const registry& known)
{
    for (const auto& [key, reference] : r.secrets)
        for (const char* const wrong :
             {detail::wrong_secret_key(key), detail::wrong_secret_reference(reference)})
            if (wrong != nullptr)
                throw saving_error("secrets." + detail::one_line(key, 60), wrong);
    if (detail::holds_secret(r.endpoint))
        throw saving_error("endpoint", "holds a secret; say in `secrets` where it is read from");
    return endpoint_of(r, "", known);
}

client_record record_of(const service& client)
{
    return client_of(client, "");
}

tree_record record_of(const multi_service& tree)
{
    return tree_of(tree, "");
}

std::string save(const multi_service& tree)
{
    return to_json(record_of(tree));
}

std::shared_ptr<multi_service> load_tree(std::string_view text,
                                         const asio::any_io_executor& executor,
                                         const service_kinds& kinds, const loading_options& o)
{
    return kinds.make(tree_from_json(text), executor, o);
}
}
