//! `/Bulk` (RFC 7644 §3.7): the operations one after the other, each as a request of its own would
//! be done.

use std::collections::{HashMap, HashSet, VecDeque};

use hyper::Method;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refused},
    call::{Asked, Asking},
    condition, groups,
    told::Told,
    users,
};
use crate::{
    directory::Condition,
    scim::{
        ResourceType,
        bulk::{BulkMethod, BulkOperation, BulkRequest, bulk_response},
    },
};

/// Does what a bulk request asks for.
pub(super) async fn answer(asking: &Asking, asked: &Asked) -> Result<Answer, Refused> {
    let request = BulkRequest::parse(&asked.body, asking.edge.options.limits.bulk_operations)?;
    let mut run = Run {
        done: request.operations.iter().map(|_| None).collect(),
        ids: HashMap::new(),
        told: Told::default(),
        failures: 0,
    };
    let total = request.operations.len();
    for place in in_order(&request.operations) {
        if request
            .fail_on_errors
            .is_some_and(|most| run.failures >= most)
        {
            break;
        }
        if let Some(operation) = request.operations.get(place) {
            run.operation(asking, place, operation).await;
        }
    }
    let answers: Vec<Value> = run.done.into_iter().flatten().collect();
    run.told.summary = format!(
        "bulk: {} of {total} operations, {} failed",
        answers.len(),
        run.failures
    );
    Ok(Answer::new(200, bulk_response(&answers)).telling(run.told))
}

/// The order in which the operations are done: as sent, but one that refers to a later one waits
/// for it. Those that wait for each other come last and fail by their reference.
fn in_order(operations: &[BulkOperation]) -> Vec<usize> {
    let mut open: HashSet<&str> = operations
        .iter()
        .filter_map(|operation| operation.bulk_id.as_deref())
        .collect();
    let mut order = Vec::with_capacity(operations.len());
    let mut waiting: VecDeque<(usize, &BulkOperation, Vec<String>)> = operations
        .iter()
        .enumerate()
        .map(|(place, operation)| (place, operation, operation.references()))
        .collect();
    let mut passed_over = 0;
    while let Some((place, operation, references)) = waiting.pop_front() {
        let waits = references
            .iter()
            .any(|reference| open.contains(reference.as_str()));
        if waits && passed_over < waiting.len() {
            passed_over += 1;
            waiting.push_back((place, operation, references));
            continue;
        }
        passed_over = 0;
        order.push(place);
        if let Some(bulk_id) = &operation.bulk_id {
            open.remove(bulk_id.as_str());
        }
    }
    order
}

/// A bulk request that is being done.
struct Run {
    /// The answers, each in its operation's place.
    done: Vec<Option<Value>>,
    /// The ids of what was made, by `bulkId`.
    ids: HashMap<String, String>,
    told: Told,
    failures: usize,
}

impl Run {
    async fn operation(&mut self, asking: &Asking, place: usize, operation: &BulkOperation) {
        let mut id = operation.id.clone();
        let answer = match operation.resolved(|bulk_id| self.ids.get(bulk_id).cloned()) {
            Ok(operation) => {
                id.clone_from(&operation.id);
                call(asking, operation)
                    .await
                    .unwrap_or_else(Refused::into_answer)
            }
            Err(error) => error.into(),
        };
        if answer.status >= 400 {
            self.failures += 1;
        } else if let (Some(bulk_id), Some(location)) = (&operation.bulk_id, &answer.location)
            && let Some((_, id)) = location.rsplit_once('/')
        {
            self.ids.insert(bulk_id.clone(), id.to_owned());
        }
        self.told.absorb(&answer.told);
        let place = self.done.get_mut(place);
        if let Some(place) = place {
            *place = Some(described(asking, operation, id.as_deref(), answer));
        }
    }
}

/// One operation, done as a request of its own would be.
async fn call(asking: &Asking, operation: BulkOperation) -> Result<Answer, Refused> {
    let method = match operation.method {
        BulkMethod::Post => Method::POST,
        BulkMethod::Put => Method::PUT,
        BulkMethod::Patch => Method::PATCH,
        BulkMethod::Delete => Method::DELETE,
    };
    let asked = Asked {
        // The answer shows no resource, so that none need be read.
        query: "attributes=id".to_owned(),
        body: operation.data,
        if_match: match &operation.version {
            Some(version) => Condition::OneOf(vec![condition::bare(version).to_owned()]),
            None => Condition::None,
        },
        if_none_match: Condition::None,
    };
    match (operation.resource, &operation.id) {
        (ResourceType::User, None) => users::collection(asking, &method, asked).await,
        (ResourceType::User, Some(id)) => users::single(asking, &method, id, asked).await,
        (ResourceType::Group, None) => groups::collection(asking, &method, asked).await,
        (ResourceType::Group, Some(id)) => groups::single(asking, &method, id, asked).await,
    }
}

/// An operation's part of the answer (RFC 7644 §3.7.3), `id` being that of its resource, resolved
/// as far as could be. The body is there only where it tells of an error.
fn described(
    asking: &Asking,
    operation: &BulkOperation,
    id: Option<&str>,
    answer: Answer,
) -> Value {
    let mut described = json!({ "method": operation.method.as_str() });
    if let Some(bulk_id) = &operation.bulk_id {
        described["bulkId"] = bulk_id.clone().into();
    }
    let known = id.filter(|id| !id.contains(':'));
    let location = answer.location.or_else(|| {
        let endpoint = operation.resource.endpoint();
        known.map(|id| format!("{}{endpoint}/{id}", asking.base_url))
    });
    if let Some(location) = location {
        described["location"] = location.into();
    }
    if let Some(version) = answer.version {
        described["version"] = version.into();
    }
    described["status"] = answer.status.to_string().into();
    if answer.status >= 400
        && let Some(body) = answer.body
    {
        described["response"] = body;
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_refers_to_a_later_operation_waits_for_it() {
        let body = json!({"Operations": [
            {"method": "POST", "path": "/Groups", "bulkId": "g",
             "data": {"displayName": "G", "members": [{"value": "bulkId:u"}]}},
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "u"}},
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"manager": "bulkId:b"}},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"manager": "bulkId:a"}},
            {"method": "DELETE", "path": "/Users/1"},
        ]});
        let Value::Object(body) = body else {
            unreachable!()
        };
        let request = BulkRequest::parse(&body, 10).expect("valid");
        let order = in_order(&request.operations);
        assert_eq!(order.len(), 5);
        let place = |wanted: usize| order.iter().position(|&place| place == wanted);
        assert!(place(1) < place(0), "{order:?}");
    }
}
