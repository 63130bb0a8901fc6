package compat;

import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.protocol.heartbeat.MessageModel;
import org.apache.rocketmq.common.subscription.SubscriptionGroupConfig;

/** What is called otherwise in 4.9 than in 5.x. */
final class Version {
  private Version() {}

  static final boolean IS_OLD = true;
  static final MessageModel BROADCASTING = MessageModel.BROADCASTING;

  static SubscriptionGroupConfig newGroup(String name) {
    SubscriptionGroupConfig group = new SubscriptionGroupConfig();
    group.setGroupName(name);
    return group;
  }

  static void createTopic(DefaultMQProducer producer, String topic, int queues) throws Exception {
    producer.createTopic("TBW102", topic, queues);
  }

  /** The client's verdict on one message, by name. */
  static String consumeDirectly(
      MQClientAPIImpl api, String broker, Site site, String client, String offsetId)
      throws Exception {
    return api.consumeMessageDirectly(broker, site.group, client, offsetId, 10_000)
        .getConsumeResult()
        .name();
  }

  /** False where this client has no such heartbeat. */
  static boolean heartbeatV2(ClientConfig client) {
    return false;
  }

  static String recall(DefaultMQProducer producer, String topic, SendResult sent) {
    throw new Check.Skipped("this client takes nothing back");
  }

  static void wholeHeartbeat(DefaultMQPushConsumer consumer) {
    throw new UnsupportedOperationException("4.9 knows whole heartbeats only");
  }

  /** How this client can compress. */
  static String[] compressions() {
    return new String[] {"ZLIB"};
  }

  static void compress(DefaultMQProducer producer, String type) {}

  static void batchAutomatically(DefaultMQProducer producer) {
    throw new Check.Skipped("this client makes no batches by itself");
  }
}
