//! The order of the operations of a bulk request, some of which wait for others.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use super::{BulkOperation, BulkRequest};

/// Where an operation stands among those that wait for each other.
#[derive(Default)]
struct Place {
    /// How many of the others must be done before.
    waits_for: usize,
    /// Those that it is one of the others for.
    awaited_by: Vec<usize>,
}

impl BulkRequest {
    /// The places of the operations in the order in which they are to be done: as sent, but one that
    /// refers to a later one waits for it. Those that wait for each other, or for themselves, come
    /// last: their references cannot be resolved. Costs what the references cost to read.
    pub fn in_order(&self) -> Vec<usize> {
        let mut places = places(&self.operations);
        let mut order = Vec::with_capacity(places.len());
        let mut ready: BinaryHeap<_> = (0..places.len()).map(Reverse).collect();
        ready.retain(|&Reverse(place)| places.get(place).is_some_and(|at| at.waits_for == 0));
        while let Some(Reverse(place)) = ready.pop() {
            order.push(place);
            let done = places.get_mut(place).map(std::mem::take);
            for next in done.unwrap_or_default().awaited_by {
                if let Some(waiting) = places.get_mut(next) {
                    waiting.waits_for -= 1;
                    if waiting.waits_for == 0 {
                        ready.push(Reverse(next));
                    }
                }
            }
        }
        let stuck = places.iter().enumerate();
        order.extend(
            stuck
                .filter(|(_, at)| at.waits_for > 0)
                .map(|(place, _)| place),
        );
        order
    }
}

fn places(operations: &[BulkOperation]) -> Vec<Place> {
    let makers: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(place, operation)| Some((operation.bulk_id.as_deref()?, place)))
        .collect();
    let mut places: Vec<Place> = operations.iter().map(|_| Place::default()).collect();
    for (place, operation) in operations.iter().enumerate() {
        for reference in operation.references() {
            let Some(&maker) = makers.get(reference.as_str()) else {
                continue;
            };
            if let Some(made) = places.get_mut(maker) {
                made.awaited_by.push(place);
            }
            if let Some(waiting) = places.get_mut(place) {
                waiting.waits_for += 1;
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Operations by name, each with the names that it refers to.
    fn order(operations: &[(&str, &[&str])]) -> Vec<usize> {
        let operation = |(name, references): &(&str, &[&str])| {
            let references: Vec<_> = references
                .iter()
                .map(|name| format!("bulkId:{name}"))
                .collect();
            json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {"x": references}})
        };
        let operations: Vec<Value> = operations.iter().map(operation).collect();
        let body = json!({"Operations": operations});
        let body = body.as_object().expect("an object");
        let request = BulkRequest::parse(body, usize::MAX).expect("valid");
        request.in_order()
    }

    #[test]
    fn what_refers_to_a_later_operation_waits_for_it_and_no_longer() {
        assert_eq!(order(&[]), [0_usize; 0]);
        assert_eq!(order(&[("a", &[]), ("b", &["a"]), ("c", &[])]), [0, 1, 2]);
        assert_eq!(
            order(&[("g", &["u", "v"]), ("u", &[]), ("v", &["u"]), ("w", &[])]),
            [1, 2, 0, 3]
        );
        assert_eq!(order(&[("a", &["nobody"]), ("b", &[])]), [0, 1]);
    }

    #[test]
    fn what_waits_for_itself_or_each_other_comes_last() {
        assert_eq!(
            order(&[
                ("a", &["b"]),
                ("b", &["a"]),
                ("self", &["self"]),
                ("after", &["a"]),
                ("free", &[]),
            ]),
            [4, 0, 1, 2, 3]
        );
    }

    #[test]
    fn a_chain_that_is_sent_backwards_is_done_at_once() {
        const LENGTH: usize = 20_000;
        let names: Vec<String> = (0..=LENGTH).map(|number| format!("n{number}")).collect();
        let references: Vec<[&str; 1]> = names.iter().skip(1).map(|name| [name.as_str()]).collect();
        let mut chain: Vec<(&str, &[&str])> = names
            .iter()
            .zip(&references)
            .map(|(name, reference)| (name.as_str(), reference.as_slice()))
            .collect();
        chain.push((names.last().expect("a name"), &[]));
        // Going around until nothing waits any more would take 200 million steps.
        let backwards: Vec<usize> = (0..=LENGTH).rev().collect();
        assert_eq!(order(&chain), backwards);
    }
}
