// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_INVARIANTS_HPP
#define HOLDFAST_TEST_SIMULATION_INVARIANTS_HPP

#include "simulation/journal.hpp"
#include "simulation/model.hpp"

#include <holdfast/observe/event.hpp>

#include <cstddef>
#include <string_view>

// What must hold of every service, seen from outside. Each function is one invariant; its name is
// what a violation is called.

namespace simulation::invariants
{
// Of an operation

void completes_once(journal& log, const model& m, const call& c);
void completes_outside_the_call_that_began_it(journal& log, const model& m, const call& c);
void completes_on_its_executor(journal& log, const model& m, const call& c, bool on_strand);

/// A handler was destroyed; `completed` says whether it had been called.
void loses_no_handler(journal& log, const model& m, const call& c, bool completed);

/// A wait fails only for a reason that there is, and at its limit with exactly that failure.
void fails_a_wait_for_a_reason(journal& log, const model& m, const call& c, error_code ec,
                               const moment& now);

/// A wait that succeeds gives a connection that was in use after it began, the same to all.
void serves_the_connection_in_use(journal& log, const model& m, const call& c,
                                  const std::shared_ptr<void>& given);

void completes_a_stop_for_a_reason(journal& log, const model& m, const call& c, error_code ec);

// Of user code

enum class origin
{
    service,  ///< Factory, policy, preparation, observer.
    protocol, ///< The protocol's own.
};

void calls_nothing_after_destruction(journal& log, const model& m, origin o, std::string_view what);

/// `protocol` is the number of the protocol, 0 where it is none's.
void calls_nothing_after_a_stop(journal& log, const model& m, int protocol, std::string_view what);

/// There is a connection to use exactly in the state `connected`.
void has_current_while_connected(journal& log, const model& m, bool current, service_state s);

/// At the begin of an attempt nothing is left of the one before.
void has_one_attempt(journal& log, const model& m, std::size_t dials, std::size_t open_streams);

// Of events

void tells_a_legal_path(journal& log, const model& m, const hf::event& e);
void tells_the_state_it_is_in(journal& log, const model& m, const hf::event& e);
void counts_attempts_and_failures(journal& log, const model& m, const hf::event& e);
void tells_why(journal& log, const model& m, const hf::event& e);
void waits_as_long_as_it_says(journal& log, const model& m, const hf::event& e);

// At rest, when nothing is ready to run

void leaves_no_answer_out(journal& log, const model& m, service_state s, const moment& now);
void outstays_no_limit(journal& log, const model& m, service_state s, const moment& now);
void has_one_live_connection(journal& log, const model& m, service_state s, std::size_t dials,
                             std::size_t open_streams);

// After its destruction, at rest

void leaves_nothing(journal& log, const model& m, std::size_t dials, std::size_t open_streams);
}

#endif
